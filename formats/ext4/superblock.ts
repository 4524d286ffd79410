import {
  BLOCK_SIZE,
  BLOCKS_PER_GROUP,
  COMPATIBLE,
  DESCRIPTOR_SIZE,
  EXTRA_ISIZE,
  INCOMPATIBLE,
  INODE,
  INODE_SIZE,
  LOG_GROUPS_PER_FLEX,
  READ_ONLY_COMPATIBLE,
} from "./constants";
import { CRC_START, crc32c } from "./crc32c";
import { HALF_MD4 } from "./dirHash";
import type { Geometry } from "./geometry";

/** What a superblock says besides the geometry. */
export interface SuperblockFields {
  readonly uuid: Buffer;
  /** 16 bytes from which directory hashes start. */
  readonly hashSeed: Buffer;
  /** At most 16 bytes. */
  readonly label: Buffer;
  /** Time of creation, last write and last check: seconds since 1970. */
  readonly epoch: number;
  readonly freeBlocks: number;
  readonly freeInodes: number;
  /** The journal inode's block map and size, kept for recovery. */
  readonly journalMap: Buffer;
}

/** Bytes of a superblock; the first lies 1024 bytes into its block, copies at the start of theirs. */
export const SUPERBLOCK_SIZE = 1024;

const MAGIC = 0xef53;
const RESERVED_FOR_ROOT = 0.05;
const MOUNT_OPTIONS = { userXattr: 0x4, acl: 0x8 };
const UNSIGNED_HASH = 2;
const CRC32C_TYPE = 1;

const allBits = (features: Readonly<Record<string, number>>): number =>
  Object.values(features).reduce((bits, bit) => bits | bit, 0);

/** Low and high half of a block count at two offsets. */
function writeSplit(target: Buffer, value: number, lowAt: number, highAt: number): void {
  target.writeUInt32LE(value % 2 ** 32, lowAt);
  target.writeUInt32LE(Math.floor(value / 2 ** 32), highAt);
}

function writeCounts(target: Buffer, geometry: Geometry, fields: SuperblockFields): void {
  const { blockCount, groupCount, inodesPerGroup } = geometry;
  target.writeUInt32LE(inodesPerGroup * groupCount, 0x0);
  writeSplit(target, blockCount, 0x4, 0x150);
  writeSplit(target, Math.floor(blockCount * RESERVED_FOR_ROOT), 0x8, 0x154);
  writeSplit(target, fields.freeBlocks, 0xc, 0x158);
  target.writeUInt32LE(fields.freeInodes, 0x10);
  target.writeUInt32LE(2, 0x18);
  target.writeUInt32LE(2, 0x1c);
  target.writeUInt32LE(BLOCKS_PER_GROUP, 0x20);
  target.writeUInt32LE(BLOCKS_PER_GROUP, 0x24);
  target.writeUInt32LE(inodesPerGroup, 0x28);
}

function writeState(target: Buffer, epoch: number): void {
  target.writeUInt32LE(epoch >>> 0, 0x30);
  target.writeInt16LE(-1, 0x36);
  target.writeUInt16LE(MAGIC, 0x38);
  target.writeUInt16LE(1, 0x3a);
  target.writeUInt16LE(1, 0x3c);
  target.writeUInt32LE(epoch >>> 0, 0x40);
  target.writeUInt32LE(1, 0x4c);
  target.writeUInt32LE(epoch >>> 0, 0x108);
}

/**
 * The superblock for the copy in group `group`.
 * Layout: kernel documentation, filesystems/ext4, "Super Block".
 */
export function encodeSuperblock(
  geometry: Geometry,
  fields: SuperblockFields,
  group: number,
): Buffer {
  const bytes = Buffer.alloc(SUPERBLOCK_SIZE);
  writeCounts(bytes, geometry, fields);
  writeState(bytes, fields.epoch);
  bytes.writeUInt32LE(INODE.lostAndFound, 0x54);
  bytes.writeUInt16LE(INODE_SIZE, 0x58);
  bytes.writeUInt16LE(group, 0x5a);
  bytes.writeUInt32LE(allBits(COMPATIBLE), 0x5c);
  bytes.writeUInt32LE(allBits(INCOMPATIBLE), 0x60);
  bytes.writeUInt32LE(allBits(READ_ONLY_COMPATIBLE), 0x64);
  fields.uuid.copy(bytes, 0x68);
  fields.label.copy(bytes, 0x78, 0, 16);
  bytes.writeUInt16LE(geometry.reservedDescriptorBlocks, 0xce);
  bytes.writeUInt32LE(INODE.journal, 0xe0);
  fields.hashSeed.copy(bytes, 0xec, 0, 16);
  bytes.writeUInt8(HALF_MD4, 0xfc);
  bytes.writeUInt8(1, 0xfd);
  bytes.writeUInt16LE(DESCRIPTOR_SIZE, 0xfe);
  bytes.writeUInt32LE(MOUNT_OPTIONS.userXattr | MOUNT_OPTIONS.acl, 0x100);
  const journalBytes = geometry.journalBlocks * BLOCK_SIZE;
  fields.journalMap.copy(bytes, 0x10c, 0, 60);
  bytes.writeUInt32LE(Math.floor(journalBytes / 2 ** 32), 0x148);
  bytes.writeUInt32LE(journalBytes % 2 ** 32, 0x14c);
  bytes.writeUInt16LE(EXTRA_ISIZE, 0x15c);
  bytes.writeUInt16LE(EXTRA_ISIZE, 0x15e);
  bytes.writeUInt32LE(UNSIGNED_HASH, 0x160);
  bytes.writeUInt8(LOG_GROUPS_PER_FLEX, 0x174);
  bytes.writeUInt8(CRC32C_TYPE, 0x175);
  bytes.writeUInt32LE(crc32c(CRC_START, bytes.subarray(0, 0x3fc)), 0x3fc);
  return bytes;
}
