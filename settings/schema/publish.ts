import { z } from "zod";

/** Where boxes are published: a folder, or a bucket of Amazon S3. */

/** How people and Vagrant reach what is published, wherever that is. */
const presentation = {
  /** Where a web server shows the folder or the prefix: catalogs, pages and reports name it. */
  url: z
    .string()
    .regex(
      /^https?:\/\/[^/?#\s]+(\/[^?#\s]*)?$/,
      "it must begin with http:// or https:// and have no ? or #, such as https://boxes.example.org",
    )
    .optional(),
  /** IPv4 address of the machine in the Vagrantfile to download. */
  privateAddress: z
    .ipv4({ error: "it must be an IPv4 address, such as 10.10.1.10" })
    .default("10.10.1.10"),
};

/** Retention, where whoever runs the program may remove boxes. */
const retention = {
  /** How many of the newest versions stay, besides those that are pinned; all by default. */
  keep: z.int().min(1).max(10_000).optional(),
};

/** In a folder of this machine. */
export const folderPublish = z.strictObject({
  ...presentation,
  ...retention,
  /** Folder of the catalogs; a relative path counts from the project folder. */
  directory: z.string().min(1).default("out"),
});

/** In a folder of a worker reached over SSH. */
export const workerFolderPublish = z.strictObject({
  ...presentation,
  /** Folder of the catalogs on the worker. */
  directory: z
    .string()
    .regex(/^\//, "it must be an absolute path on the worker, or leave it out and set bucket"),
});

const prefixSegments = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*(\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$/;

/** In a bucket. */
export const bucketPublish = z.strictObject({
  ...presentation,
  ...retention,
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
