import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rm, type FileHandle } from "node:fs/promises";
import { BLOCK, padding, tarHeader } from "./tar";

/** The name the disk has in every box: what VirtualBox's own export calls it. */
export const DISK_NAME = "box-disk001.vmdk";

/** Takes the next bytes of the disk image; resolves when they are written and may be reused. */
export type DiskSink = (chunk: Uint8Array) => Promise<void>;

/** What goes into a box. */
export interface BoxContents {
  /** Text of `metadata.json`. */
  readonly metadata: string;
  /** Text of `info.json`. */
  readonly info: string;
  /** Text of `Vagrantfile`. */
  readonly vagrantfile: string;
  /** Text of `box.ovf`, once the disk image's size in bytes is known. */
  readonly descriptor: (diskBytes: number) => string;
  /** Writes the disk image from first byte to last; resolves when every write has. */
  readonly writeDisk: (write: DiskSink) => Promise<void>;
  /** Modification time of every member, seconds since 1970. */
  readonly epoch: number;
}

/** A finished box. */
export interface WrittenBox {
  /** Bytes of the file. */
  readonly bytes: number;
  /** SHA-256 of the file, lower-case hexadecimal. */
  readonly sha256: string;
  /** Where the disk image lies in the file, in bytes. */
  readonly disk: { readonly offset: number; readonly size: number };
}

function member(name: string, content: Buffer, epoch: number): Buffer {
  const header = tarHeader(name, content.length, epoch);
  return Buffer.concat([header, content, Buffer.alloc(padding(content.length))]);
}

/**
 * The descriptor's place is kept before the disk's size is known. The size's digits are all that
 * varies, so the text is filled up with newlines, which XML allows at the end, to its greatest length.
 */
function filledDescriptor(contents: BoxContents, diskBytes: number): Buffer {
  const longest = Buffer.byteLength(contents.descriptor(Number.MAX_SAFE_INTEGER));
  const text = contents.descriptor(diskBytes);
  return Buffer.from(text + "\n".repeat(longest - Buffer.byteLength(text)), "utf8");
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const rest = bytes.length - written;
    written += (await file.write(bytes, written, rest, position + written)).bytesWritten;
  }
}

/**
 * SHA-256 of a file in lower-case hexadecimal, reading it in large pieces.
 */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 4 << 20 })) {
    hash.update(chunk as Buffer);
  }
  return hash.digest("hex");
}

async function writeMembers(file: FileHandle, contents: BoxContents): Promise<WrittenBox["disk"]> {
  const { epoch } = contents;
  const leading = Buffer.concat([
    member("metadata.json", Buffer.from(contents.metadata, "utf8"), epoch),
    member("info.json", Buffer.from(contents.info, "utf8"), epoch),
    member("Vagrantfile", Buffer.from(contents.vagrantfile, "utf8"), epoch),
  ]);
  const placeholder = member("box.ovf", filledDescriptor(contents, 1), epoch);
  const offset = leading.length + placeholder.length + BLOCK;

  let size = 0;
  await contents.writeDisk((chunk) => {
    const position = offset + size;
    size += chunk.length;
    return writeAt(file, chunk, position);
  });

  const descriptor = member("box.ovf", filledDescriptor(contents, size), epoch);
  const header = tarHeader(DISK_NAME, size, epoch);
  await writeAt(file, Buffer.concat([leading, descriptor, header]), 0);
  await writeAt(file, Buffer.alloc(padding(size) + 2 * BLOCK), offset + size);
  return { offset, size };
}

/**
 * Writes a box in one pass: a plain tar (no compression: the disk image is compressed already) of
 * `metadata.json`, `info.json`, `Vagrantfile`, `box.ovf` and last the disk image, streamed to its
 * final place, so no second copy of it ever exists. What depends on the image's size, its header and
 * the descriptor, is written afterwards into the room kept for it.
 *
 * The checksum is taken by reading the finished file once more, out of the page cache: SHA-256 works
 * from the first byte to the last, and the disk's header, which comes before the disk, holds a size
 * that only the end of compression tells. This costs about half a second per gigabyte of box.
 *
 * The file is not synced to disk, and giving it its final name is the caller's.
 *
 * @param path - file to create; must not exist. It is removed again if anything fails.
 * @returns size, checksum, and where in the file the disk image lies
 */
export async function writeBox(path: string, contents: BoxContents): Promise<WrittenBox> {
  const file = await open(path, "wx", 0o644);
  try {
    let disk: WrittenBox["disk"];
    try {
      disk = await writeMembers(file, contents);
    } finally {
      await file.close();
    }
    const bytes = disk.offset + disk.size + padding(disk.size) + 2 * BLOCK;
    return { bytes, sha256: await fileSha256(path), disk };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}
