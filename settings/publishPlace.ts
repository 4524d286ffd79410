import { InputError } from "../formats/problems";
import { regionProblems, type AwsPlace } from "./aws/awsPlace";
import { listPublishedVersions, type PublishedVersion } from "./publishedVersions";
import type { SettingsGroups } from "./schema";

/** A bucket and the keys in it. */
export interface BucketPlace {
  readonly bucket: string;
  /** What the keys begin with; may be empty. */
  readonly prefix: string;
  readonly region: string;
}

/** Where boxes are published. */
export type PublishPlace =
  | BucketPlace
  | {
      /** Absolute folder of the catalogs, on the worker. */
      readonly directory: string;
    };

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
    const place = { bucket: publish.bucket, prefix: publish.prefix, region };
    // Only who publishes in a bucket waits for the SDK.
    const { listBucketVersions } = await import("./publishedInBucket");
    return { place, published: await listBucketVersions(place, boxName, profile) };
  }
  if (publishDirectory === undefined) return undefined;
  const published = host ?? listPublishedVersions(publishDirectory, boxName);
  return { place: { directory: publishDirectory }, published };
}
