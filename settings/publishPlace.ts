import { InputError } from "../formats/problems";
import { listPublishedVersions, type PublishedVersion } from "./publishedVersions";
import { listBucketVersions } from "./publishedInBucket";
import type { SettingsGroups } from "./schema";

/** Where boxes are published. */
export type PublishPlace =
  | {
      /** Absolute folder of the catalogs, on the worker. */
      readonly directory: string;
    }
  | {
      readonly bucket: string;
      /** What the keys begin with; may be empty. */
      readonly prefix: string;
      readonly region: string;
    };

/** What is known besides the settings of publication. */
export interface PlaceCircumstances {
  /** The folder as an absolute path, if boxes go to one. */
  readonly publishDirectory: string | undefined;
  readonly region: string | undefined;
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
  { publishDirectory, region, boxName, host }: PlaceCircumstances,
): Promise<{ place: PublishPlace; published: readonly PublishedVersion[] } | undefined> {
  if (publish === undefined || boxName === undefined) return undefined;
  if ("bucket" in publish) {
    if (!region) {
      throw new InputError("settings", [
        "aws:region: is missing; set it to the region of publish.bucket",
      ]);
    }
    const place = { bucket: publish.bucket, prefix: publish.prefix, region };
    return { place, published: await listBucketVersions(place, boxName) };
  }
  if (publishDirectory === undefined) return undefined;
  const published = host ?? listPublishedVersions(publishDirectory, boxName);
  return { place: { directory: publishDirectory }, published };
}
