import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rm, type FileHandle } from "node:fs/promises";
import type { DiskCompression } from "../grains/compressDisk";
import type { ImageSink } from "../imageSink";
import { BLOCK, padding, tarHeader } from "./tar";

/** How the compression of a disk tells what it does. */
export type DiskProgress = Pick<DiskCompression, "onProgress" | "log">;

/** What goes into a box. */
export interface BoxContents {
  /** Text of `metadata.json`. */
  readonly metadata: string;
  /** Text of `info.json`. */
  readonly info: string;
  /** Text of `Vagrantfile`. */
  readonly vagrantfile: string;
  /** Text of `box.ovf`, once the disk image's size in bytes is known, for a provider that has one. */
  readonly descriptor?: (diskBytes: number) => string;
  /** Name of the disk image. */
  readonly diskName: string;
  /** Writes the disk image; resolves, when every write has, to the library and level it took. */
  readonly writeDisk: (sink: ImageSink) => Promise<string>;
  /** Modification time of every member, seconds since 1970. */
  readonly epoch: number;
}

/** A finished box. */
export interface WrittenBox {
  /** Bytes of the file. */
  readonly bytes: number;
  /** SHA-256 of the file, lower-case hexadecimal. */
  readonly sha256: string;
  /** Where the disk image lies in the file. */
  readonly disk: DiskPlace;
  /** Library and level the disk was compressed with. */
  readonly compressor: string;
}

/** Where a disk image lies in a box, in bytes. */
export interface DiskPlace {
  readonly offset: number;
  readonly size: number;
}

function member(name: string, content: Buffer, epoch: number): Buffer {
  const header = tarHeader(name, content.length, epoch);
  return Buffer.concat([header, content, Buffer.alloc(padding(content.length))]);
}

/**
 * The descriptor's place is kept before the disk's size is known. The size's digits are all that
 * varies, so the text is filled up with newlines, which XML allows at the end, to its greatest length.
 */
function descriptorMember({ descriptor, epoch }: BoxContents, diskBytes: number): Buffer {
  if (descriptor === undefined) return Buffer.alloc(0);
  const longest = Buffer.byteLength(descriptor(Number.MAX_SAFE_INTEGER));
  const text = descriptor(diskBytes);
  const filled = text + "\n".repeat(longest - Buffer.byteLength(text));
  return member("box.ovf", Buffer.from(filled, "utf8"), epoch);
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

async function writeMembers(
  file: FileHandle,
  contents: BoxContents,
): Promise<Pick<WrittenBox, "disk" | "compressor">> {
  const { epoch } = contents;
  const leading = Buffer.concat([
    member("metadata.json", Buffer.from(contents.metadata, "utf8"), epoch),
    member("info.json", Buffer.from(contents.info, "utf8"), epoch),
    member("Vagrantfile", Buffer.from(contents.vagrantfile, "utf8"), epoch),
  ]);
  const offset = leading.length + descriptorMember(contents, 1).length + BLOCK;

  let size = 0;
  const compressor = await contents.writeDisk({
    append: (chunk) => {
      const position = offset + size;
      size += chunk.length;
      return writeAt(file, chunk, position);
    },
    rewrite: (position, chunk) => writeAt(file, chunk, offset + position),
  });

  const header = tarHeader(contents.diskName, size, epoch);
  const descriptor = descriptorMember(contents, size);
  await writeAt(file, Buffer.concat([leading, descriptor, header]), 0);
  await writeAt(file, Buffer.alloc(padding(size) + 2 * BLOCK), offset + size);
  return { disk: { offset, size }, compressor };
}

/**
 * Writes a box in one pass: a plain tar (no compression: the disk image is compressed already) of
 * `metadata.json`, `info.json`, `Vagrantfile`, perhaps `box.ovf`, and last the disk image, streamed to its
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
    let written: Pick<WrittenBox, "disk" | "compressor">;
    try {
      written = await writeMembers(file, contents);
    } finally {
      await file.close();
    }
    const { disk } = written;
    const bytes = disk.offset + disk.size + padding(disk.size) + 2 * BLOCK;
    return { bytes, sha256: await fileSha256(path), ...written };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}
