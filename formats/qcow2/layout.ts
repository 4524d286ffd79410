import { SECTOR_BYTES } from "../blockSource";
import { GRAIN_BYTES } from "../deflate/grainCompressor";

/**
 * Layout of a qcow2 image as written here (QEMU, docs/interop/qcow2.txt). All numbers are big-endian;
 * the file is counted in clusters of 64 KiB, which are the grains that the disk is compressed in.
 *
 *     cluster 0       header, version 3
 *     then            L1 table: where the L2 table of each 512 MiB of the disk is
 *     then            the compressed clusters in ascending order, one right after the other
 *     cluster border  the L2 tables: where each cluster of the disk is
 *     then            the refcount table, the refcount blocks: how often each cluster of the file is used
 *
 * A cluster that deflate cannot shrink is kept as a deflate stream of stored blocks, some bytes longer
 * than its content: nothing but compressed clusters has to be told apart. QEMU inflates a cluster in one
 * call into one buffer, so that streams with the whole window of 32 KiB are read (its own writer keeps to
 * 4 KiB).
 */
export const CLUSTER_BITS = 16;
export const CLUSTER_BYTES = GRAIN_BYTES;
/** Entries of an L2 table, which fills a cluster. */
export const L2_ENTRIES = CLUSTER_BYTES / 8;
/** Bytes of the disk that one L2 table covers. */
export const L2_SPAN_BYTES = L2_ENTRIES * CLUSTER_BYTES;
/** Refcounts have 16 bits: 32768 fill a refcount block. */
export const REFCOUNT_ORDER = 4;
export const REFCOUNTS_PER_BLOCK = CLUSTER_BYTES / 2;
/** Largest disk written: what the VMDK of the same box can hold. */
export const MAX_CAPACITY = 2 * 2 ** 40;

const MAGIC = 0x514649fb; // "QFI\xfb"
const HEADER_BYTES = 104;
/** Entry in use exactly once, so that it may be written in place. */
const COPIED = 1n << 63n;
const COMPRESSED = 1n << 62n;
/** "Compressed Clusters Descriptor": the offset has 62 - (cluster_bits - 8) bits. */
const OFFSET_BITS = 62 - (CLUSTER_BITS - 8);
const OFFSET_MASK = (1n << BigInt(OFFSET_BITS)) - 1n;
/** Bits 9 to 55 of a standard entry. */
const CLUSTER_MASK = 0x00fffffffffffe00n;

/** Offsets of the header's fields. */
const FIELD = {
  magic: 0,
  version: 4,
  backingFileOffset: 8,
  backingFileSize: 16,
  clusterBits: 20,
  size: 24,
  encryption: 32,
  l1Size: 36,
  l1Offset: 40,
  refcountTableOffset: 48,
  refcountTableClusters: 56,
  snapshots: 60,
  incompatibleFeatures: 72,
  compatibleFeatures: 80,
  refcountOrder: 96,
  headerLength: 100,
} as const;

/** The facts of a header that differ between images. */
export interface Qcow2Header {
  /** Bytes of the disk. */
  readonly capacity: number;
  readonly l1Entries: number;
  /** Byte of the file where the L1 table starts. */
  readonly l1Offset: number;
  readonly refcountTableOffset: number;
  readonly refcountTableClusters: number;
}

/** Where a compressed cluster lies: its stream ends before `end`, in the last sector up to there. */
export interface CompressedPlace {
  readonly offset: number;
  readonly end: number;
}

/** Entries of the L1 table of a disk. */
export function l1Entries(capacity: number): number {
  return Math.ceil(capacity / L2_SPAN_BYTES);
}

/** Clusters that so many bytes take. */
export function clustersFor(bytes: number): number {
  return Math.ceil(bytes / CLUSTER_BYTES);
}

/** The header, padded to its cluster. */
export function encodeHeader(header: Qcow2Header): Buffer {
  const cluster = Buffer.alloc(CLUSTER_BYTES);
  cluster.writeUInt32BE(MAGIC, FIELD.magic);
  cluster.writeUInt32BE(3, FIELD.version);
  cluster.writeUInt32BE(CLUSTER_BITS, FIELD.clusterBits);
  cluster.writeBigUInt64BE(BigInt(header.capacity), FIELD.size);
  cluster.writeUInt32BE(header.l1Entries, FIELD.l1Size);
  cluster.writeBigUInt64BE(BigInt(header.l1Offset), FIELD.l1Offset);
  cluster.writeBigUInt64BE(BigInt(header.refcountTableOffset), FIELD.refcountTableOffset);
  cluster.writeUInt32BE(header.refcountTableClusters, FIELD.refcountTableClusters);
  cluster.writeUInt32BE(REFCOUNT_ORDER, FIELD.refcountOrder);
  cluster.writeUInt32BE(HEADER_BYTES, FIELD.headerLength);
  return cluster;
}

/**
 * Reads a header.
 *
 * @throws Error with all that is wrong with it, or that is of no use in a box: a backing file,
 *   encryption, snapshots, features that only some QEMU knows
 */
export function decodeHeader(header: Buffer): Qcow2Header {
  if (header.readUInt32BE(FIELD.magic) !== MAGIC) {
    throw new Error('The disk image does not start with "QFI": not a qcow2 image.');
  }
  const problems: string[] = [];
  const expect = (name: string, value: number | bigint, allowed: readonly number[]): void => {
    if (allowed.includes(Number(value))) return;
    problems.push(`${name} is ${value}, it must be ${allowed.join(" or ")}`);
  };
  const version = header.readUInt32BE(FIELD.version);
  expect("version", version, [2, 3]);
  expect("cluster_bits", header.readUInt32BE(FIELD.clusterBits), [CLUSTER_BITS]);
  expect("backing_file_offset", header.readBigUInt64BE(FIELD.backingFileOffset), [0]);
  expect("crypt_method", header.readUInt32BE(FIELD.encryption), [0]);
  expect("nb_snapshots", header.readUInt32BE(FIELD.snapshots), [0]);
  if (version === 3) {
    expect("incompatible_features", header.readBigUInt64BE(FIELD.incompatibleFeatures), [0]);
    expect("refcount_order", header.readUInt32BE(FIELD.refcountOrder), [REFCOUNT_ORDER]);
  }
  const facts = {
    capacity: Number(header.readBigUInt64BE(FIELD.size)),
    l1Entries: header.readUInt32BE(FIELD.l1Size),
    l1Offset: Number(header.readBigUInt64BE(FIELD.l1Offset)),
    refcountTableOffset: Number(header.readBigUInt64BE(FIELD.refcountTableOffset)),
    refcountTableClusters: header.readUInt32BE(FIELD.refcountTableClusters),
  };
  if (facts.capacity === 0 || facts.capacity % SECTOR_BYTES !== 0) {
    problems.push(`the size is ${facts.capacity} bytes, it must be a multiple of ${SECTOR_BYTES}`);
  } else if (facts.l1Entries < l1Entries(facts.capacity) || facts.l1Entries > 2 ** 22) {
    problems.push(`l1_size is ${facts.l1Entries}, it must be ${l1Entries(facts.capacity)}`);
  }
  for (const name of ["l1Offset", "refcountTableOffset"] as const) {
    if (facts[name] === 0 || facts[name] % CLUSTER_BYTES !== 0) {
      problems.push(`${name} is ${facts[name]}, it must be at the start of a cluster`);
    }
  }
  if (problems.length > 0) {
    throw new Error(`The header of the qcow2 is damaged or unsupported: ${problems.join("; ")}.`);
  }
  return facts;
}

/** An L1 entry: the byte where an L2 table starts. */
export function tableEntry(offset: number): bigint {
  return COPIED | BigInt(offset);
}

/** An L2 entry for a compressed cluster of so many bytes from a byte of the file on. */
export function compressedEntry(offset: number, bytes: number): bigint {
  const further =
    Math.floor((offset + bytes - 1) / SECTOR_BYTES) - Math.floor(offset / SECTOR_BYTES);
  return COMPRESSED | (BigInt(further) << BigInt(OFFSET_BITS)) | BigInt(offset);
}

/** What an L2 entry says: a compressed cluster, the byte of an uncompressed one, or (undefined) zeros. */
export function decodeEntry(entry: bigint): CompressedPlace | number | undefined {
  if ((entry & COMPRESSED) !== 0n) {
    const offset = Number(entry & OFFSET_MASK);
    const further = Number((entry & (COMPRESSED - 1n)) >> BigInt(OFFSET_BITS));
    return { offset, end: (Math.floor(offset / SECTOR_BYTES) + further + 1) * SECTOR_BYTES };
  }
  // Bit 0 says zeros whether or not there is a cluster.
  const offset = (entry & 1n) === 1n ? 0 : Number(entry & CLUSTER_MASK);
  return offset === 0 ? undefined : offset;
}

/** The byte where the L2 table of an L1 entry starts; 0 for none. */
export function decodeTableEntry(entry: bigint): number {
  return Number(entry & CLUSTER_MASK);
}
