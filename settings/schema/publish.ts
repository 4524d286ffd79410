import { z } from "zod";

/** Where boxes are published: a folder, or a bucket of Amazon S3. */

/** In a folder of this machine. */
export const folderPublish = z.strictObject({
  /** Folder of the catalogs; a relative path counts from the project folder. */
  directory: z.string().min(1).default("out"),
});

/** In a folder of a worker reached over SSH. */
export const workerFolderPublish = z.strictObject({
  /** Folder of the catalogs on the worker. */
  directory: z
    .string()
    .regex(/^\//, "it must be an absolute path on the worker, or leave it out and set bucket"),
});

const prefixSegments = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*(\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$/;

/** In a bucket. */
export const bucketPublish = z.strictObject({
  /** Bucket of Amazon S3, which is there already (S3 User Guide, "Bucket naming rules"). */
  bucket: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
      "it must be a bucket's name: 3 to 63 small letters, digits, dots and hyphens",
    ),
  /** What the keys begin with, without slashes at its ends; may be empty. */
  prefix: z
    .string()
    .refine((prefix) => prefix === "" || prefixSegments.test(prefix), {
      error:
        "it must be words of letters, digits, _, - and . with single slashes between, none at its ends",
    })
    .default("boxes"),
});

export type FolderPublishSettings = z.infer<typeof folderPublish>;
export type BucketPublishSettings = z.infer<typeof bucketPublish>;
export type PublishSettings = FolderPublishSettings | BucketPublishSettings;
