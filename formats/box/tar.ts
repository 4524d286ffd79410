/**
 * The plain tar of a box: POSIX ustar headers (IEEE Std 1003.1-2017, pax, "ustar Interchange
 * Format"), with the one widespread extension that a member over 8 GiB needs.
 */

/** Bytes of a tar block; headers fill one, members are padded to a whole number of them. */
export const BLOCK = 512;

/** The largest size eleven octal digits hold, 8 GiB less one byte. */
const LARGEST_OCTAL = 0o77777777777;

/** What a header says. */
export interface TarHeader {
  /** Path in the archive. */
  readonly name: string;
  /** Bytes of content, without padding. */
  readonly size: number;
  /** Type flag: `0` is a regular file, `5` a directory, `x` extended attributes of the next member. */
  readonly type: string;
  /** Modification time in seconds since 1970. */
  readonly mtime: number;
}

/** Bytes to add to reach the next block boundary. */
export function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/**
 * A size field: octal digits, or, over 8 GiB, GNU tar's base-256 (first bit set, then big-endian).
 * A pax header would do too, but is a block of its own whose need must be known before the member is
 * written; this field can be filled in afterwards. GNU tar, bsdtar, Go and Python all read it.
 */
function sizeField(size: number): Buffer {
  if (size <= LARGEST_OCTAL) return Buffer.from(`${size.toString(8).padStart(11, "0")}\0`, "ascii");
  const field = Buffer.alloc(12);
  field.writeBigUInt64BE(BigInt(size), 4);
  field.writeUInt8(0x80, 0);
  return field;
}

function readNumber(field: Buffer, what: string): number {
  if ((field.readUInt8(0) & 0x80) !== 0) {
    const value = BigInt(`0x${field.toString("hex")}`) & ((1n << 95n) - 1n);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new SyntaxError(`${what} is out of range`);
    return Number(value);
  }
  const digits = field.toString("latin1").replace(/[\0 ]+$/, "");
  if (!/^ *[0-7]*$/.test(digits)) throw new SyntaxError(`${what} is no octal number`);
  return parseInt(digits.trim() || "0", 8);
}

/** The sum of all header bytes, with the checksum field itself taken as spaces. */
function checksum(header: Buffer): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += header.readUInt8(at);
  return sum;
}

/**
 * The header of a regular file, owned by root, so that nothing of the machine that built the archive
 * shows in it.
 *
 * @param name - at most 100 ASCII characters
 * @param size - bytes of content
 * @param mtime - seconds since 1970, 0 to 8589934591
 * @param mode - permissions
 */
export function tarHeader(name: string, size: number, mtime: number, mode = 0o644): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, 100, "ascii");
  header.write(`${mode.toString(8).padStart(7, "0")}\0`, 100, "ascii");
  header.write("0000000\0", 108, "ascii");
  header.write("0000000\0", 116, "ascii");
  sizeField(size).copy(header, 124);
  header.write(`${mtime.toString(8).padStart(11, "0")}\0`, 136, "ascii");
  header.write("0", 156, "ascii");
  header.write("ustar\x0000", 257, "ascii");
  header.write("root", 265, "ascii");
  header.write("root", 297, "ascii");
  header.write("0000000\0", 329, "ascii");
  header.write("0000000\0", 337, "ascii");
  header.write(`${checksum(header).toString(8).padStart(6, "0")}\0 `, 148, "ascii");
  return header;
}

/** Whether a block is all zeros, as the two that end an archive are. */
export function isZeroBlock(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

/**
 * Reads a header.
 *
 * @throws SyntaxError if the checksum is wrong or a number is none
 */
export function parseTarHeader(header: Buffer): TarHeader {
  if (readNumber(header.subarray(148, 156), "the checksum") !== checksum(header)) {
    throw new SyntaxError("the header's checksum is wrong");
  }
  const text = (from: number, to: number): string => {
    const field = header.subarray(from, to);
    const end = field.indexOf(0);
    return field.subarray(0, end < 0 ? field.length : end).toString("utf8");
  };
  const prefix = text(257, 262) === "ustar" && text(263, 265) === "00" ? text(345, 500) : "";
  return {
    name: prefix === "" ? text(0, 100) : `${prefix}/${text(0, 100)}`,
    size: readNumber(header.subarray(124, 136), "the size"),
    type: text(156, 157) || "0",
    mtime: readNumber(header.subarray(136, 148), "the time"),
  };
}

/**
 * The records of a pax extended header (IEEE Std 1003.1-2017, pax, "pax Extended Header"), such as
 * `path` and `size`.
 */
export function parsePaxRecords(content: Buffer): Readonly<Record<string, string>> {
  const records: Record<string, string> = {};
  let at = 0;
  while (at < content.length) {
    const space = content.indexOf(0x20, at);
    const length = Number(content.subarray(at, Math.max(space, at)).toString("ascii"));
    const record = content.subarray(space + 1, at + length).toString("utf8");
    const equals = record.indexOf("=");
    if (!Number.isInteger(length) || length <= 0 || equals < 0 || !record.endsWith("\n")) {
      throw new SyntaxError("the extended header is damaged");
    }
    records[record.slice(0, equals)] = record.slice(equals + 1, -1);
    at += length;
  }
  return records;
}
