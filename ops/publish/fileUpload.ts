import { createHash } from "node:crypto";
import * as fs from "node:fs";

import type { S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

const MiB = 1 << 20;
/** S3's limit of parts in one upload (Amazon S3 User Guide, "Multipart upload limits"). */
const MAX_PARTS = 10_000;

/** What a file will look like to S3. */
export interface FileDigest {
  readonly bytes: number;
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
  /**
   * SHA-256 as S3 keeps it for an object: of the content, or, when it came in parts, of the parts' digests
   * one after the other (Amazon S3 User Guide, "Checking object integrity", composite checksums).
   */
  readonly checksum: string;
}

/** Bytes of a part: follows from the file's size alone, so that the same file has the same checksum. */
export function partSize(bytes: number): number {
  return Math.max(16 * MiB, Math.ceil(bytes / MAX_PARTS / MiB) * MiB);
}

/** Reads a file for its digests. */
export async function digestFile(file: string): Promise<FileDigest> {
  const { size: bytes } = fs.statSync(file);
  const whole = createHash("sha256");
  const parts: Buffer[] = [];
  const highWaterMark = partSize(bytes);
  let part = createHash("sha256");
  let inPart = 0;
  for await (const chunk of fs.createReadStream(file, { highWaterMark: MiB })) {
    const data = chunk as Buffer;
    whole.update(data);
    // A part is a whole number of MiB, but the file system may hand out less at once.
    for (let at = 0; at < data.length;) {
      const piece = data.subarray(at, at + highWaterMark - inPart);
      part.update(piece);
      at += piece.length;
      inPart += piece.length;
      if (inPart < highWaterMark) continue;
      parts.push(part.digest());
      part = createHash("sha256");
      inPart = 0;
    }
  }
  if (inPart > 0) parts.push(part.digest());
  const digest = whole.digest();
  const composite = createHash("sha256").update(Buffer.concat(parts)).digest("base64");
  return {
    bytes,
    sha256: digest.toString("hex"),
    checksum: parts.length > 1 ? composite : digest.toString("base64"),
  };
}

/**
 * Uploads a file, in parts when it is large, each with a checksum that S3 checks on arrival. Never replaces
 * an object: S3 refuses then with 412. What an upload that failed had sent is removed.
 */
export async function uploadFile(
  client: S3Client,
  target: {
    readonly Bucket: string;
    readonly Key: string;
    readonly Metadata?: Record<string, string>;
  },
  file: string,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const { size } = fs.statSync(file);
  const upload = new Upload({
    client,
    partSize: partSize(size),
    queueSize: 4,
    params: {
      ...target,
      Body: fs.createReadStream(file, { highWaterMark: MiB }),
      ContentType: "application/octet-stream",
      ChecksumAlgorithm: "SHA256",
      IfNoneMatch: "*",
    },
  });
  upload.on("httpUploadProgress", ({ loaded = 0 }) => onProgress(loaded, size));
  await upload.done();
}
