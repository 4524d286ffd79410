import {
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";

import { InputError } from "../formats/problems";
import { bucketNeedsPath, keyPrefix } from "../ops/publish/bucketUrl";
import { catalogStanding, versionsOf } from "./catalogStanding";
import type { PublishedVersion } from "./publishedVersions";

/** Reports that are read for their recipe: those of the newest versions. */
const recipesRead = 20;

/**
 * The versions of a box in a bucket, found with the credentials of who runs this. Without s3:ListBucket
 * only what the catalog names is seen.
 *
 * @param profile of the credentials; by default what the environment has
 * @throws InputError when the bucket is not there, in another region, or not to be looked at
 */
export async function listBucketVersions(
  { bucket, prefix, region }: { bucket: string; prefix: string; region: string },
  boxName: string,
  profile?: string,
): Promise<PublishedVersion[]> {
  const client = new S3Client({
    region,
    ...(profile !== undefined && { profile }),
    forcePathStyle: bucketNeedsPath(bucket, process.env),
  });
  try {
    await checkBucket(client, bucket, region);
    const root = `${keyPrefix(prefix)}${boxName}/`;
    const read = (file: string): Promise<string | undefined> =>
      readText(client, bucket, root + file);
    const standing = catalogStanding(await read("catalog.json"));
    const named = [...standing.listed, ...standing.withdrawn];
    const versions = [...new Set([...named, ...(await folders(client, bucket, root))])];
    const files = await Promise.all(
      versions.map(async (version, index) => ({
        version,
        recipe:
          index < versions.length - recipesRead
            ? undefined
            : recipeOf(await read(`${version}/report.json`)),
      })),
    );
    return versionsOf(standing, files);
  } finally {
    client.destroy();
  }
}

async function checkBucket(client: S3Client, bucket: string, region: string): Promise<void> {
  const refuse = (reason: string): never => {
    throw new InputError("settings", [`publish.bucket: ${bucket} ${reason}`]);
  };
  try {
    const { BucketRegion } = await client.send(new HeadBucketCommand({ Bucket: bucket }));
    if (BucketRegion !== undefined && BucketRegion !== region) {
      refuse(`is in ${BucketRegion}, not in ${region}; set aws:region to ${BucketRegion}`);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    if (status === 404) refuse("does not exist; make it first, outside of this stack");
    if (status === 301)
      refuse(`is in another region than ${region}; set aws:region to the bucket's`);
    // Who may only put and get below the prefix may not look at the bucket, and need not.
    if (status === 403) return;
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    refuse(`cannot be looked at (${reason}); check the AWS credentials and the network`);
  }
}

async function readText(
  client: S3Client,
  bucket: string,
  key: string,
): Promise<string | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return await Body?.transformToString("utf8");
  } catch (error) {
    if (isNothing(error)) return undefined;
    throw error;
  }
}

/** Names of the folders below a prefix; none when the bucket may not be listed. */
async function folders(client: S3Client, bucket: string, root: string): Promise<string[]> {
  const names: string[] = [];
  let token: string | undefined;
  do {
    try {
      const page = await client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: root,
          Delimiter: "/",
          ...(token !== undefined && { ContinuationToken: token }),
        }),
      );
      names.push(
        ...(page.CommonPrefixes ?? []).map(({ Prefix = "" }) => Prefix.slice(root.length, -1)),
      );
      token = page.NextContinuationToken;
    } catch (error) {
      if (isNothing(error)) return names;
      throw error;
    }
  } while (token !== undefined);
  return names;
}

/** Missing, or denied, which without s3:ListBucket is the same. */
function isNothing(error: unknown): boolean {
  return (
    error instanceof S3ServiceException && [403, 404].includes(error.$metadata.httpStatusCode ?? 0)
  );
}

function recipeOf(report: string | undefined): string | undefined {
  try {
    const { recipe } = JSON.parse(report ?? "") as { recipe?: unknown };
    return typeof recipe === "string" ? recipe : undefined;
  } catch {
    return undefined;
  }
}
