import { open, type FileHandle } from "node:fs/promises";
import {
  BLOCK,
  isZeroBlock,
  padding,
  parsePaxRecords,
  parseTarHeader,
  type TarHeader,
} from "./tar";

/** A file in a box. */
export interface BoxMember {
  /** Name without a leading `./`. */
  readonly name: string;
  /** Byte in the box where the content starts. */
  readonly offset: number;
  /** Bytes of content. */
  readonly size: number;
}

/** A box as its archive tells. */
export interface Box {
  readonly path: string;
  /** Bytes of the file. */
  readonly bytes: number;
  /** The files in it, in order. */
  readonly members: readonly BoxMember[];
  /** Content of `metadata.json`. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Largest text a box is expected to hold; a larger member of that name is no text. */
const TEXT_LIMIT = 1 << 20;

async function readExactly(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead < length) {
    throw new SyntaxError(`the file ends at byte ${position + bytesRead}, inside a member`);
  }
  return buffer;
}

function checkEnd(header: TarHeader, offset: number, bytes: number): void {
  if (offset + header.size + padding(header.size) > bytes) {
    throw new SyntaxError(
      `${header.name} needs ${header.size} bytes from byte ${offset} on, but the file has ${bytes}`,
    );
  }
}

async function listMembers(file: FileHandle, bytes: number): Promise<BoxMember[]> {
  const members: BoxMember[] = [];
  let extended: Readonly<Record<string, string>> = {};
  let position = 0;
  for (;;) {
    const block = await readExactly(file, position, BLOCK);
    if (isZeroBlock(block)) break;
    const header = parseTarHeader(block);
    const offset = position + BLOCK;
    const size = header.type === "x" ? header.size : Number(extended["size"] ?? header.size);
    checkEnd({ ...header, size }, offset, bytes);
    if (header.type === "x") {
      extended = parsePaxRecords(await readExactly(file, offset, Math.min(size, TEXT_LIMIT)));
    } else {
      const name = (extended["path"] ?? header.name).replace(/^(\.\/)+/, "");
      if (header.type === "0") members.push({ name, offset, size });
      else if (!["5", "g"].includes(header.type)) {
        throw new SyntaxError(`${name} is of type "${header.type}", but must be a regular file`);
      }
      extended = {};
    }
    position = offset + size + padding(size);
  }
  if (!isZeroBlock(await readExactly(file, position + BLOCK, BLOCK))) {
    throw new SyntaxError("the archive ends in one block of zeros, not two");
  }
  return members;
}

/**
 * The content of a text member.
 *
 * @throws SyntaxError if it is larger than 1 MiB
 */
export async function readBoxText(path: string, member: BoxMember): Promise<string> {
  if (member.size > TEXT_LIMIT) {
    throw new SyntaxError(`${member.name} has ${member.size} bytes, more than 1 MiB of text`);
  }
  const file = await open(path, "r");
  try {
    return (await readExactly(file, member.offset, member.size)).toString("utf8");
  } finally {
    await file.close();
  }
}

function parseMetadata(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SyntaxError("metadata.json is no JSON object");
  }
  return value as Record<string, unknown>;
}

/**
 * Reads what a box holds without unpacking it: plain tar, ustar or pax. QEMU can open the disk image
 * in place with the raw driver's `offset` and `size`.
 *
 * @throws SyntaxError naming what is wrong if the file is no such archive or has no `metadata.json`
 */
export async function readBox(path: string): Promise<Box> {
  const file = await open(path, "r");
  let members: BoxMember[];
  let bytes: number;
  try {
    bytes = (await file.stat()).size;
    const start = await readExactly(file, 0, Math.min(2, bytes));
    if (start.equals(Buffer.from([0x1f, 0x8b]))) {
      throw new SyntaxError(
        "the box is compressed with gzip: unpack it first, a plain tar is read",
      );
    }
    members = await listMembers(file, bytes);
  } finally {
    await file.close();
  }
  const metadata = members.find(({ name }) => name === "metadata.json");
  if (metadata === undefined) throw new SyntaxError("the box has no metadata.json");
  return { path, bytes, members, metadata: parseMetadata(await readBoxText(path, metadata)) };
}
