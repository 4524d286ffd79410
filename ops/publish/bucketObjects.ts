import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";

import { lineTeller } from "../../formats/cli/command";
import { uploadFile } from "./fileUpload";
import type { StoredFile } from "./registryStore";
import { bucketNeedsPath, bucketUrl, keyPrefix } from "./bucketUrl";
import {
  explained,
  isConditionFailure,
  isDenied,
  isMissing,
  SETTLE_LIMIT,
  whenPermitted,
} from "./s3Errors";

/** S3's limit of objects in one request (Amazon S3 API, "DeleteObjects"). */
const MAX_DELETED = 1000;

export interface BucketArgs {
  readonly bucket: string;
  /** What the keys begin with, with or without a slash at the end; may be empty. */
  readonly prefix: string;
  readonly region: string;
  /** Profile of the credentials; by default what the environment has. */
  readonly profile?: string | undefined;
  /** Milliseconds that permissions may take to be there; 90 000 by default. */
  readonly settleLimit?: number;
}

/** A small object with the tag that a conditional write names it by. */
export interface TextObject {
  readonly text: string;
  readonly tag: string;
}

/** A large object as S3 tells of it. */
export interface StoredObject {
  readonly bytes: number;
  /** SHA-256 in S3's form, without the number of parts that it adds to a composite one. */
  readonly checksum: string | undefined;
  /** The recipe it was stored with. */
  readonly recipe: string | undefined;
}

/** How an object is written: with conditions on what is there, if any. */
export interface PutOptions {
  readonly CacheControl?: string;
  /** Only in place of the object of this tag. */
  readonly IfMatch?: string;
  /** `*`: only where there is none. */
  readonly IfNoneMatch?: string;
}

/**
 * The objects below a prefix of a bucket. It needs s3:PutObject, s3:GetObject and s3:AbortMultipartUpload
 * there, and waits until these are granted when it writes. Without s3:ListBucket S3 denies what is missing
 * (403), so a denial of reading is taken for that.
 */
export class BucketObjects {
  /** The prefix as messages name it. */
  public readonly place: string;
  private readonly client: S3Client;
  private readonly prefix: string;

  constructor(private readonly args: BucketArgs) {
    this.prefix = keyPrefix(args.prefix);
    this.place = `s3://${args.bucket}/${this.prefix}`;
    // The bundle keeps the SDK it was built with: a warning of later versions would be of no use.
    process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
    this.client = new S3Client({
      region: args.region,
      ...(args.profile !== undefined && { profile: args.profile }),
      maxAttempts: 5,
      forcePathStyle: bucketNeedsPath(args.bucket, process.env),
    });
  }

  public url(key: string): string {
    return bucketUrl(this.args.bucket, this.args.region, this.prefix + key, process.env);
  }

  /** Reads a small object; undefined when there is none, or none that may be read. */
  public async read(key: string): Promise<TextObject | undefined> {
    try {
      const { Body, ETag = "" } = await this.client.send(new GetObjectCommand(this.target(key)));
      return { text: (await Body?.transformToString("utf8")) ?? "", tag: ETag };
    } catch (error) {
      if (isMissing(error) || isDenied(error)) return undefined;
      throw this.explained(error, key);
    }
  }

  /** Looks at a large object; undefined when there is none, or none that may be read. */
  public async look(key: string): Promise<StoredObject | undefined> {
    try {
      const head = new HeadObjectCommand({ ...this.target(key), ChecksumMode: "ENABLED" });
      const { ContentLength: bytes = 0, ChecksumSHA256, Metadata } = await this.client.send(head);
      return { bytes, checksum: ChecksumSHA256?.split("-")[0], recipe: Metadata?.["recipe"] };
    } catch (error) {
      if (isMissing(error) || isDenied(error)) return undefined;
      throw this.explained(error, key);
    }
  }

  /**
   * Writes a small object.
   *
   * @returns false when a condition did not hold
   */
  public put(
    key: string,
    contentType: string,
    content: string | Uint8Array,
    options: PutOptions = {},
  ): Promise<boolean> {
    const put = new PutObjectCommand({
      ...this.target(key),
      Body: content,
      ContentType: contentType,
      ChecksumAlgorithm: "SHA256",
      ...options,
    });
    return this.write(key, () => this.client.send(put));
  }

  /**
   * Uploads a file where there is no object yet.
   *
   * @returns false when there is one
   */
  public upload(
    key: string,
    file: string,
    recipe: string,
    onProgress: (done: number, total: number) => void,
  ): Promise<boolean> {
    const target = { ...this.target(key), Metadata: { recipe } };
    return this.write(key, () => uploadFile(this.client, target, file, onProgress));
  }

  /** Begins an upload and gives it up: needs the permissions of a real one and leaves nothing. */
  public async probe(key: string): Promise<void> {
    const target = this.target(key);
    await this.write(key, async () => {
      const { UploadId } = await this.client.send(new CreateMultipartUploadCommand(target));
      await this.client.send(new AbortMultipartUploadCommand({ ...target, UploadId }));
    });
  }

  /** Every object whose key begins so; needs s3:ListBucket. */
  public async list(start: string): Promise<StoredFile[]> {
    const files: StoredFile[] = [];
    try {
      const input = { Bucket: this.args.bucket, Prefix: this.prefix + start };
      for await (const { Contents = [] } of paginateListObjectsV2({ client: this.client }, input)) {
        files.push(
          ...Contents.map(({ Key = "", Size = 0, LastModified = new Date() }) => ({
            key: Key.slice(this.prefix.length),
            bytes: Size,
            modified: LastModified,
          })),
        );
      }
      return files;
    } catch (error) {
      throw this.explained(error, start);
    }
  }

  /** Deletes every object whose key begins so; needs s3:ListBucket and s3:DeleteObject. */
  public async removeBelow(start: string): Promise<void> {
    const { Bucket } = this.target(start);
    const keys = (await this.list(start)).map(({ key }) => ({ Key: this.prefix + key }));
    try {
      for (let at = 0; at < keys.length; at += MAX_DELETED) {
        const Delete = { Objects: keys.slice(at, at + MAX_DELETED), Quiet: true };
        const { Errors = [] } = await this.client.send(
          new DeleteObjectsCommand({ Bucket, Delete }),
        );
        const [failed] = Errors;
        if (failed !== undefined) throw new Error(`${failed.Code}: ${failed.Message}`);
      }
    } catch (error) {
      throw this.explained(error, start);
    }
  }

  private async write(key: string, work: () => Promise<unknown>): Promise<boolean> {
    const tell = lineTeller("publish");
    try {
      await whenPermitted(work, {
        limit: this.args.settleLimit ?? SETTLE_LIMIT,
        onWait: (reason) => tell(`${this.place} is not permitted yet (${reason}); trying again`),
      });
      return true;
    } catch (error) {
      if (isConditionFailure(error)) return false;
      throw this.explained(error, key);
    }
  }

  private target(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.args.bucket, Key: this.prefix + key };
  }

  private explained(error: unknown, key: string): Error {
    return explained(error, this.args.bucket, this.place + key);
  }
}
