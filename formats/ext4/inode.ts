import { EXTRA_ISIZE, FILE_TYPE, FILE_TYPE_MASK, INODE_FLAG, INODE_SIZE } from "./constants";
import { crc32c, crc32cOfNumber } from "./crc32c";
import { writeInodeXattrs } from "./xattrs";
import type { StoredXattr } from "./xattrs";

/** Everything an inode holds. */
export interface InodeFields {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  readonly links: number;
  /** Blocks of 4096 bytes, the tree's and attributes' blocks included. */
  readonly blocks: number;
  readonly flags: number;
  /** Nanoseconds since 1970; all four times get it. */
  readonly timeNs: bigint;
  /** The 60 bytes of block map, extent tree root, link target or device number. */
  readonly map: Buffer;
  /** Block of attributes, 0 without. */
  readonly xattrBlock: number;
  readonly xattrs: readonly StoredXattr[];
}

/** Checksum seed of an inode and of the directory blocks and extent blocks that belong to it. */
export function inodeSeed(fileSystemSeed: number, inode: number): number {
  return crc32cOfNumber(crc32cOfNumber(fileSystemSeed, inode), 0);
}

const BILLION = 1_000_000_000n;

/** Seconds in 32 bits, and two bits of epoch below 30 bits of nanoseconds. */
function splitTime(timeNs: bigint): { seconds: number; extra: number } {
  const nanoseconds = ((timeNs % BILLION) + BILLION) % BILLION;
  const full = (timeNs - nanoseconds) / BILLION;
  const seconds = Number(BigInt.asIntN(32, full));
  const epoch = Number((full - BigInt(seconds)) >> 32n) & 3;
  return { seconds, extra: ((Number(nanoseconds) << 2) | epoch) >>> 0 };
}

/** Offsets of the four times: seconds and the extra word. */
const TIMES = [
  [8, 140],
  [12, 132],
  [16, 136],
  [144, 148],
] as const;

/**
 * Writes an inode into 256 zero bytes, checksum included; `seed` comes from {@link inodeSeed}.
 * Layout: kernel documentation, filesystems/ext4, "Index Nodes".
 */
export function writeInode(target: Buffer, fields: InodeFields, seed: number): void {
  const sectors = fields.blocks * 8;
  target.writeUInt16LE(fields.mode, 0);
  target.writeUInt16LE(fields.uid & 0xffff, 2);
  target.writeUInt32LE(fields.size % 2 ** 32, 4);
  target.writeUInt16LE(fields.gid & 0xffff, 24);
  target.writeUInt16LE(fields.links, 26);
  target.writeUInt32LE(sectors % 2 ** 32, 28);
  target.writeUInt32LE(fields.flags, 32);
  fields.map.copy(target, 40);
  target.writeUInt32LE(fields.xattrBlock % 2 ** 32, 104);
  target.writeUInt32LE(Math.floor(fields.size / 2 ** 32), 108);
  target.writeUInt16LE(Math.floor(sectors / 2 ** 32), 116);
  target.writeUInt16LE(Math.floor(fields.xattrBlock / 2 ** 32), 118);
  target.writeUInt16LE(fields.uid >>> 16, 120);
  target.writeUInt16LE(fields.gid >>> 16, 122);
  target.writeUInt16LE(EXTRA_ISIZE, 128);
  const { seconds, extra } = splitTime(fields.timeNs);
  for (const [secondsAt, extraAt] of TIMES) {
    target.writeInt32LE(seconds, secondsAt);
    target.writeUInt32LE(extra, extraAt);
  }
  writeInodeXattrs(target, fields.xattrs);
  const checksum = crc32c(seed, target.subarray(0, INODE_SIZE));
  target.writeUInt16LE(checksum & 0xffff, 124);
  target.writeUInt16LE(checksum >>> 16, 130);
}

/** The map of a device node: the old 16-bit form where it suffices, else the new one. */
export function deviceMap(major: number, minor: number): Buffer {
  const map = Buffer.alloc(60);
  if (major < 256 && minor < 256) map.writeUInt32LE((major << 8) | minor, 0);
  else map.writeUInt32LE(((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0, 4);
  return map;
}

/** Longest link target that is kept in the inode. */
export const FAST_LINK = 59;

/** Whether a file's blocks are found through an extent tree. */
export function hasExtents(mode: number, size: number): boolean {
  const type = mode & FILE_TYPE_MASK;
  if (type === FILE_TYPE.symlink) return size > FAST_LINK;
  return type === FILE_TYPE.regular || type === FILE_TYPE.directory;
}

/** Inode flags for a file. */
export function inodeFlags(mode: number, size: number, indexed: boolean): number {
  return (hasExtents(mode, size) ? INODE_FLAG.extents : 0) | (indexed ? INODE_FLAG.index : 0);
}
