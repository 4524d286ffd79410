import { InputError } from "../formats/problems";
import { regionProblems, type AwsPlace } from "./aws/awsPlace";
import { listPublishedVersions, type PublishedVersion } from "./publishedVersions";
import type { SettingsGroups } from "./schema";

/** How boxes are shown, and how many of them stay. */
export interface Presentation {
  /** Where a web server shows the place; left out, its own address. */
  readonly url?: string | undefined;
  /** IPv4 address of the machine in the Vagrantfile to download. */
  readonly privateAddress: string;
  /** How many of the newest versions stay; all when left out. */
  readonly keep?: number | undefined;
}

/** A bucket and the keys in it. */
export interface BucketPlace extends Presentation {
  readonly bucket: string;
  /** What the keys begin with; may be empty. */
  readonly prefix: string;
  readonly region: string;
}

/** Where boxes are published. */
export type PublishPlace =
  | BucketPlace
  | (Presentation & {
      /** Absolute folder of the catalogs, on the worker. */
      readonly directory: string;
    });

/** What is known besides the settings of publication. */
export interface PlaceCircumstances {
  /** The folder as an absolute path, if boxes go to one. */
  readonly publishDirectory: string | undefined;
  readonly aws: AwsPlace;
  readonly boxName: string | undefined;
  /** What another machine told of the versions in that folder, if it is there. */
  readonly host: readonly PublishedVersion[] | undefined;
}

/**
 * Looks at the place where boxes go, changing nothing there.
 *
 * @returns the place and the versions of the box that are there; undefined where settings are missing
 * @throws InputError when a bucket cannot be used
 */
export async function lookAtPlace(
  publish: SettingsGroups["publish"] | undefined,
  { publishDirectory, aws, boxName, host }: PlaceCircumstances,
): Promise<{ place: PublishPlace; published: readonly PublishedVersion[] } | undefined> {
  if (publish === undefined || boxName === undefined) return undefined;
  if ("bucket" in publish) {
    const { region, profile } = aws;
    const problems = regionProblems(aws);
    if (region === undefined || problems.length > 0) throw new InputError("settings", problems);
    const { bucket, prefix } = publish;
    const place = { bucket, prefix, region, ...presentationOf(publish) };
    // Only who publishes in a bucket waits for the SDK.
    const { listBucketVersions } = await import("./publishedInBucket");
    return { place, published: await listBucketVersions(place, boxName, profile) };
  }
  if (publishDirectory === undefined) return undefined;
  const published = host ?? listPublishedVersions(publishDirectory, boxName);
  return { place: { directory: publishDirectory, ...presentationOf(publish) }, published };
}

function presentationOf(publish: Exclude<SettingsGroups["publish"], undefined>): Presentation {
  const { url, privateAddress } = publish;
  const keep = "keep" in publish ? publish.keep : undefined;
  return { privateAddress, ...(url !== undefined && { url }), ...(keep !== undefined && { keep }) };
}
