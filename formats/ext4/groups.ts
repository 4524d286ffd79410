import {
  BLOCK_SIZE,
  BLOCKS_PER_GROUP,
  DESCRIPTOR_SIZE,
  GROUP_FLAG,
  INODES_PER_BLOCK,
} from "./constants";
import { crc32c, crc32cOfNumber } from "./crc32c";
import { blocksInGroup } from "./geometry";
import type { Geometry } from "./geometry";

/** How far a file system is filled. Everything before the two marks is in use. */
export interface Usage {
  /** First block never given out; beyond it only fixed structures are in use. */
  readonly nextBlock: number;
  /** First inode number never given out. */
  readonly nextInode: number;
  /** Directories' inode numbers. */
  readonly directories: readonly number[];
}

/** A group's descriptor, and its bitmaps where they must be written. */
export interface EncodedGroup {
  readonly descriptor: Buffer;
  readonly blockBitmap: Buffer | null;
  readonly inodeBitmap: Buffer | null;
  readonly freeBlocks: number;
  readonly freeInodes: number;
}

/** Sets bits `from` to `to` (exclusive), lowest bit first. */
export function setBits(bitmap: Buffer, from: number, to: number): void {
  let bit = from;
  while (bit < to && bit % 8 !== 0) setBit(bitmap, bit++);
  const wholeBytes = Math.floor((to - bit) / 8);
  if (wholeBytes > 0) {
    bitmap.fill(0xff, bit / 8, bit / 8 + wholeBytes);
    bit += wholeBytes * 8;
  }
  while (bit < to) setBit(bitmap, bit++);
}

function setBit(bitmap: Buffer, bit: number): void {
  const byte = bit >> 3;
  bitmap[byte] = (bitmap[byte] ?? 0) | (1 << (bit & 7));
}

/** Runs of used blocks in each group, counted from the group's start. */
export function usedRanges(geometry: Geometry, nextBlock: number): [number, number][][] {
  const { groupCount, blockCount, fixed } = geometry;
  const ranges = Array.from({ length: groupCount }, (): [number, number][] => []);
  const add = (start: number, end: number): void => {
    for (let at = start; at < end;) {
      const group = Math.floor(at / BLOCKS_PER_GROUP);
      const base = group * BLOCKS_PER_GROUP;
      const stop = Math.min(end, base + BLOCKS_PER_GROUP);
      ranges[group]?.push([at - base, stop - base]);
      at = stop;
    }
  };
  add(0, Math.min(nextBlock, blockCount));
  for (const { start, count } of fixed) {
    if (start + count > nextBlock) add(Math.max(start, nextBlock), start + count);
  }
  return ranges;
}

function blockBitmap(ranges: readonly [number, number][], blocks: number): Buffer {
  const bitmap = Buffer.alloc(BLOCK_SIZE);
  for (const [from, to] of ranges) setBits(bitmap, from, to);
  setBits(bitmap, blocks, BLOCK_SIZE * 8);
  return bitmap;
}

function inodeBitmap(used: number, inodesPerGroup: number): Buffer {
  const bitmap = Buffer.alloc(BLOCK_SIZE);
  setBits(bitmap, 0, used);
  setBits(bitmap, inodesPerGroup, BLOCK_SIZE * 8);
  return bitmap;
}

/** Low and high 16 bits of a 32-bit value. */
function writeHalves(target: Buffer, value: number, lowAt: number, highAt: number): void {
  target.writeUInt16LE(value & 0xffff, lowAt);
  target.writeUInt16LE(value >>> 16, highAt);
}

function writeBlockNumber(target: Buffer, block: number, lowAt: number, highAt: number): void {
  target.writeUInt32LE(block % 2 ** 32, lowAt);
  target.writeUInt32LE(Math.floor(block / 2 ** 32), highAt);
}

function countDirectories({ groupCount, inodesPerGroup }: Geometry, usage: Usage): number[] {
  const counts = new Array<number>(groupCount).fill(0);
  for (const inode of usage.directories) {
    const group = Math.floor((inode - 1) / inodesPerGroup);
    counts[group] = (counts[group] ?? 0) + 1;
  }
  return counts;
}

/**
 * Descriptors and bitmaps of all groups. A bitmap that a reader can work out (nothing in the group
 * but its own structures, or no inode in use) is marked as not written, so that an empty group costs no block; every
 * inode table is marked as zeroed, since what is not written of the image is zero.
 * Layout: kernel documentation, filesystems/ext4, "Block Group Descriptors".
 */
export function encodeGroups(geometry: Geometry, usage: Usage, seed: number): EncodedGroup[] {
  const { groupCount, blockCount, inodesPerGroup, groups, hosts } = geometry;
  const ranges = usedRanges(geometry, usage.nextBlock);
  const directories = countDirectories(geometry, usage);
  return groups.map((places, group) => {
    const blocks = blocksInGroup(blockCount, group);
    const used = (ranges[group] ?? []).reduce((sum, [from, to]) => sum + to - from, 0);
    const usedInodes = Math.min(
      Math.max(usage.nextInode - 1 - group * inodesPerGroup, 0),
      inodesPerGroup,
    );
    const untouched = group * BLOCKS_PER_GROUP >= usage.nextBlock;
    const plain = untouched && !hosts.has(group) && group !== groupCount - 1;
    const written = plain ? null : blockBitmap(ranges[group] ?? [], blocks);
    const inodesWritten = usedInodes === 0 ? null : inodeBitmap(usedInodes, inodesPerGroup);
    const freeBlocks = blocks - used;
    const freeInodes = inodesPerGroup - usedInodes;
    // Readers look at whole blocks of the table.
    const unusedTail = inodesPerGroup - Math.ceil(usedInodes / INODES_PER_BLOCK) * INODES_PER_BLOCK;

    const descriptor = Buffer.alloc(DESCRIPTOR_SIZE);
    writeBlockNumber(descriptor, places.blockBitmap, 0x0, 0x20);
    writeBlockNumber(descriptor, places.inodeBitmap, 0x4, 0x24);
    writeBlockNumber(descriptor, places.inodeTable, 0x8, 0x28);
    writeHalves(descriptor, freeBlocks, 0xc, 0x2c);
    writeHalves(descriptor, freeInodes, 0xe, 0x2e);
    writeHalves(descriptor, directories[group] ?? 0, 0x10, 0x30);
    const flags =
      GROUP_FLAG.tableZeroed |
      (written ? 0 : GROUP_FLAG.bitmapUnwritten) |
      (inodesWritten ? 0 : GROUP_FLAG.inodesUnused);
    descriptor.writeUInt16LE(flags, 0x12);
    if (written) writeHalves(descriptor, crc32c(seed, written), 0x18, 0x38);
    if (inodesWritten) {
      const bits = inodesWritten.subarray(0, inodesPerGroup / 8);
      writeHalves(descriptor, crc32c(seed, bits), 0x1a, 0x3a);
    }
    writeHalves(descriptor, unusedTail, 0x1c, 0x32);
    const checksum = crc32c(crc32cOfNumber(seed, group), descriptor);
    descriptor.writeUInt16LE(checksum & 0xffff, 0x1e);
    return {
      descriptor,
      blockBitmap: written,
      inodeBitmap: inodesWritten,
      freeBlocks,
      freeInodes,
    };
  });
}
