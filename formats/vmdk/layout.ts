import { GRAIN_BYTES } from "../deflate/grainCompressor";
import { SECTOR_BYTES } from "../blockSource";
import { GRAIN_MARKER_BYTES } from "../grains/framing";
import { isZero } from "../grains/zeros";

/**
 * Layout of a streamOptimized VMDK ("Virtual Disk Format 5.0", sections "Hosted Sparse Extents"
 * and "Stream-Optimized Compressed Sparse Extents"). Offsets in the format are in sectors of 512
 * bytes; all numbers are little-endian.
 *
 *     sector 0      sparse extent header, grain directory "at end"
 *     sectors 1-20  text descriptor, padded with zeros
 *     sector 128    for each 32 MiB with data: its grains in ascending order (12-byte marker, zlib
 *                   stream, padded to a sector), then a grain table (marker sector, 512 entries)
 *     then          grain directory (marker sector, one entry a grain table, 0 for none)
 *     then          footer (marker sector, the header again with the directory's place)
 *     last sector   end-of-stream marker: zeros
 */
export const GRAIN_SECTORS = GRAIN_BYTES / SECTOR_BYTES;
export const ENTRIES_PER_TABLE = 512;
/** Grain tables occupy this many bytes. */
export const TABLE_BYTES = ENTRIES_PER_TABLE * 4;
/** Bytes of the disk that one grain table covers. */
export const TABLE_SPAN_BYTES = ENTRIES_PER_TABLE * GRAIN_BYTES;
export const DESCRIPTOR_SECTOR = 1;
export const DESCRIPTOR_SECTORS = 20;
/** Sectors before the first grain (`overHead`). */
export const OVERHEAD_SECTORS = 128;
/** Largest disk: the format's grain tables count file sectors in 32 bits. */
export const MAX_CAPACITY = 2 * 2 ** 40;

/** Types of metadata markers. */
export const MARKER = { endOfStream: 0, grainTable: 1, grainDirectory: 2, footer: 3 } as const;

const MAGIC = 0x564d444b; // "KDMV"
/** `gdOffset` of a header whose footer knows better. */
const GD_AT_END = 0xffffffffffffffffn;
/** Newline test valid, grains compressed, markers present. */
const FLAGS = 0x1 | 0x10000 | 0x20000;
/** qemu-img writes a second directory even here. */
const FLAG_REDUNDANT_DIRECTORY = 0x2;
/** A grain table entry of 1 stands for a grain of zeros (never written here). */
const FLAG_ZERO_GRAINS = 0x4;
const COMPRESSION_DEFLATE = 1;
const NEWLINE_CHECK = Buffer.from("\n \r\n", "latin1");

/** Offsets of the fields of `SparseExtentHeader`. */
const FIELD = {
  magic: 0,
  version: 4,
  flags: 8,
  capacity: 12,
  grainSize: 20,
  descriptorOffset: 28,
  descriptorSize: 36,
  entriesPerTable: 44,
  redundantDirectory: 48,
  directory: 56,
  overHead: 64,
  uncleanShutdown: 72,
  newlineCheck: 73,
  compression: 77,
  padding: 79,
} as const;

/** The facts of a header or footer that differ between files. */
export interface SparseHeader {
  readonly version: number;
  readonly flags: number;
  /** Bytes of the disk. */
  readonly capacity: number;
  readonly descriptorSector: number;
  readonly descriptorSectors: number;
  /** First sector of a second grain directory, 0 for none. */
  readonly redundantDirectorySector: number;
  /** First sector of the grain directory; undefined when the footer has it. */
  readonly directorySector: number | undefined;
  /** First sector that may hold a grain. */
  readonly overheadSectors: number;
}

/** Writes the header (`directorySector` undefined) or the footer of a disk. */
export function encodeHeader(capacity: number, directorySector: number | undefined): Buffer {
  const header = Buffer.alloc(SECTOR_BYTES);
  header.writeUInt32LE(MAGIC, FIELD.magic);
  header.writeUInt32LE(3, FIELD.version);
  header.writeUInt32LE(FLAGS, FIELD.flags);
  header.writeBigUInt64LE(BigInt(capacity / SECTOR_BYTES), FIELD.capacity);
  header.writeBigUInt64LE(BigInt(GRAIN_SECTORS), FIELD.grainSize);
  header.writeBigUInt64LE(BigInt(DESCRIPTOR_SECTOR), FIELD.descriptorOffset);
  header.writeBigUInt64LE(BigInt(DESCRIPTOR_SECTORS), FIELD.descriptorSize);
  header.writeUInt32LE(ENTRIES_PER_TABLE, FIELD.entriesPerTable);
  header.writeBigUInt64LE(
    directorySector === undefined ? GD_AT_END : BigInt(directorySector),
    FIELD.directory,
  );
  header.writeBigUInt64LE(BigInt(OVERHEAD_SECTORS), FIELD.overHead);
  NEWLINE_CHECK.copy(header, FIELD.newlineCheck);
  header.writeUInt16LE(COMPRESSION_DEFLATE, FIELD.compression);
  return header;
}

/**
 * Reads a header or footer.
 *
 * @param what names it in errors, for example `header`
 * @throws Error with all that is wrong with it
 */
export function decodeHeader(header: Buffer, what: string): SparseHeader {
  const problems: string[] = [];
  const expect = (name: string, value: number | bigint, allowed: readonly number[]): void => {
    if (allowed.includes(Number(value))) return;
    problems.push(`${name} is ${value}, it must be ${allowed.join(" or ")}`);
  };
  if (header.readUInt32LE(FIELD.magic) !== MAGIC) {
    throw new Error(`The ${what} of the VMDK does not start with "KDMV": not a sparse VMDK.`);
  }
  expect("version", header.readUInt32LE(FIELD.version), [1, 2, 3]);
  const flags = header.readUInt32LE(FIELD.flags);
  expect("flags", flags & ~(FLAG_REDUNDANT_DIRECTORY | FLAG_ZERO_GRAINS), [FLAGS]);
  expect("grainSize", header.readBigUInt64LE(FIELD.grainSize), [GRAIN_SECTORS]);
  expect("numGTEsPerGT", header.readUInt32LE(FIELD.entriesPerTable), [ENTRIES_PER_TABLE]);
  expect("uncleanShutdown", header.readUInt8(FIELD.uncleanShutdown), [0]);
  expect("compressAlgorithm", header.readUInt16LE(FIELD.compression), [COMPRESSION_DEFLATE]);
  const newlines = header.subarray(FIELD.newlineCheck, FIELD.newlineCheck + NEWLINE_CHECK.length);
  if (!newlines.equals(NEWLINE_CHECK)) problems.push("the newline characters were converted");
  if (!isZero(header.subarray(FIELD.padding))) problems.push("its padding is not zero");
  const capacity = Number(header.readBigUInt64LE(FIELD.capacity)) * SECTOR_BYTES;
  if (capacity === 0 || capacity > MAX_CAPACITY) {
    problems.push(`the capacity is ${capacity} bytes, it must be 512 to ${MAX_CAPACITY}`);
  }
  if (problems.length > 0) {
    throw new Error(`The ${what} of the VMDK is damaged or unsupported: ${problems.join("; ")}.`);
  }
  const directory = header.readBigUInt64LE(FIELD.directory);
  return {
    version: header.readUInt32LE(FIELD.version),
    flags,
    capacity,
    descriptorSector: Number(header.readBigUInt64LE(FIELD.descriptorOffset)),
    descriptorSectors: Number(header.readBigUInt64LE(FIELD.descriptorSize)),
    redundantDirectorySector: Number(header.readBigUInt64LE(FIELD.redundantDirectory)),
    directorySector: directory === GD_AT_END ? undefined : Number(directory),
    overheadSectors: Number(header.readBigUInt64LE(FIELD.overHead)),
  };
}

/** Writes the marker sector before `sectors` sectors of metadata. */
export function encodeMarker(type: number, sectors: number): Buffer {
  const marker = Buffer.alloc(SECTOR_BYTES);
  marker.writeBigUInt64LE(BigInt(sectors), 0);
  marker.writeUInt32LE(type, GRAIN_MARKER_BYTES);
  return marker;
}

/**
 * Reads a sector that should start with a metadata marker.
 *
 * @param sector its place, for errors
 * @returns undefined when it is a grain marker
 * @throws Error when it has a type or bytes that no marker has
 */
export function decodeMarker(
  marker: Buffer,
  sector: number,
): { type: number; sectors: number } | undefined {
  if (marker.readUInt32LE(8) !== 0) return undefined;
  const type = marker.readUInt32LE(GRAIN_MARKER_BYTES);
  if (type > MARKER.footer || !isZero(marker.subarray(GRAIN_MARKER_BYTES + 4))) {
    throw new Error(`The marker at sector ${sector} of the VMDK is damaged (type ${type}).`);
  }
  return { type, sectors: Number(marker.readBigUInt64LE(0)) };
}

/** Entries of the grain directory, one for each 32 MiB of the disk. */
export function directoryEntries(capacity: number): number {
  return Math.ceil(capacity / TABLE_SPAN_BYTES);
}

/** Rounds bytes up to whole sectors. */
export function sectorsFor(bytes: number): number {
  return Math.ceil(bytes / SECTOR_BYTES);
}
