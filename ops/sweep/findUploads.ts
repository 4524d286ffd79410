import { ListMultipartUploadsCommand, type S3Client } from "@aws-sdk/client-s3";

import type { Ownership } from "../../components/tags";
import type { OwnedResource } from "./leftovers";

/** Where boxes are published, and the stack that does. */
export interface UploadPlace {
  readonly bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  readonly prefix: string;
  readonly project: string;
  readonly stack: string;
}

/** No upload of a box takes a day: one that did was given up. */
const uploadMs = 24 * 60 * 60 * 1000;

/** A box or what stands beside it, `NAME/VERSION/FILE` below the prefix; others' keys are left alone. */
const boxFile = /^[^/]+(\/[^/]+)?\/[^/]+\/[a-z0-9_]+-[a-z0-9]+\.box$/;

/**
 * Unfinished uploads of boxes. S3 bills their parts and shows them to nobody. They bear no tags: what makes
 * them ours is their key, a box below the prefix of the settings.
 */
export async function findUploads(
  s3: S3Client,
  { bucket, prefix, project, stack }: UploadPlace,
): Promise<OwnedResource[]> {
  const below = prefix === "" ? "" : `${prefix}/`;
  const found: OwnedResource[] = [];
  let marker: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (;;) {
    const page = await s3.send(
      new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: below, ...marker }),
    );
    for (const { Key = "", UploadId = "", Initiated = new Date() } of page.Uploads ?? []) {
      if (!boxFile.test(Key.slice(below.length))) continue;
      const ownership: Ownership = {
        project,
        stack,
        run: UploadId,
        expires: new Date(Initiated.getTime() + uploadMs),
      };
      found.push({
        kind: "multipart upload",
        id: uploadId({ bucket, key: Key, upload: UploadId }),
        ownership,
        created: Initiated,
        // The parts' sizes would take a request each to know.
        monthlyCost: undefined,
      });
    }
    if (page.IsTruncated !== true || page.NextKeyMarker === undefined) return found;
    marker = {
      KeyMarker: page.NextKeyMarker,
      ...(page.NextUploadIdMarker !== undefined && { UploadIdMarker: page.NextUploadIdMarker }),
    };
  }
}

/** An unfinished upload taken apart. */
export interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly upload: string;
}

/** One text for an upload, `s3://BUCKET/KEY#UPLOAD`. */
export function uploadId({ bucket, key, upload }: Upload): string {
  return `s3://${bucket}/${key}#${upload}`;
}

/** Takes such a text apart; a key may hold `#`, an upload's id does not. */
export function parseUploadId(id: string): Upload {
  const match = /^s3:\/\/([^/]+)\/(.+)#([^#]+)$/.exec(id);
  if (match === null) throw new Error(`${id} is no upload; expected s3://BUCKET/KEY#UPLOAD`);
  return { bucket: match[1]!, key: match[2]!, upload: match[3]! };
}
