import { Allocator, OutOfBlocks } from "./allocator";
import { BLOCK_SIZE, FILE_TYPE, FILE_TYPE_MASK, RESERVED_INODES } from "./constants";
import { extentTreeBlocks, mapExtents } from "./extents";
import type { Extent } from "./extents";
import { geometryFor } from "./geometry";
import type { Geometry, Run } from "./geometry";
import type { InodeItem } from "./inventory";

/** Where an inode's blocks are. */
export interface Placement {
  readonly extents: readonly Extent[];
  /** Blocks of the extent tree below the inode. */
  readonly treeBlocks: readonly number[];
  /** Block of attributes, 0 without. */
  readonly xattrBlock: number;
}

/** A file system with a place for everything, not yet written. */
export interface Plan {
  readonly geometry: Geometry;
  readonly journal: Placement;
  /** Block through which the resize inode finds the others. */
  readonly resizeBlock: number;
  /** As long as the inventory, in the same order. */
  readonly placements: readonly Placement[];
  /** First block never given out. */
  readonly nextBlock: number;
}

function place(allocator: Allocator, data: readonly Run[], xattrBlock: number): Placement {
  const count = data.reduce((sum, run) => sum + run.count, 0);
  const extents = mapExtents(data, allocator.take(count));
  const treeBlocks = Array.from({ length: extentTreeBlocks(extents.length) }, () =>
    allocator.takeOne(),
  );
  return { extents, treeBlocks, xattrBlock };
}

const isDirectory = (item: InodeItem): boolean =>
  (item.node.mode & FILE_TYPE_MASK) === FILE_TYPE.directory;

/**
 * Gives every file its blocks: journal, then all directories, then the files in the inventory's order, so
 * that what lies together in the tree is read in one go. Returns null when `blocks` blocks are too few.
 */
export function planFileSystem(items: readonly InodeItem[], blocks: number): Plan | null {
  const geometry = geometryFor(blocks, items.length);
  if (!geometry) return null;
  const allocator = new Allocator(geometry);
  const placements = new Array<Placement>(items.length);
  const placeAll = (wanted: (item: InodeItem) => boolean): void => {
    items.forEach((item, i) => {
      if (!wanted(item)) return;
      const xattrBlock = item.xattrs.inBlock.length > 0 ? allocator.takeOne() : 0;
      placements[i] = place(allocator, item.data, xattrBlock);
    });
  };
  try {
    const resizeBlock = allocator.takeOne();
    const journal = place(allocator, [{ start: 0, count: geometry.journalBlocks }], 0);
    placeAll(isDirectory);
    placeAll((item) => !isDirectory(item));
    return { geometry, journal, resizeBlock, placements, nextBlock: allocator.next };
  } catch (error) {
    if (error instanceof OutOfBlocks) return null;
    throw error;
  }
}

/** Bytes of the blocks that the files themselves need, directories and attributes included. */
export function contentBytes(items: readonly InodeItem[]): number {
  const blocks = items.reduce((sum, { data, xattrs }) => {
    const ofFile = data.reduce((count, run) => count + run.count, 0);
    return sum + ofFile + (xattrs.inBlock.length > 0 ? 1 : 0);
  }, 0);
  return blocks * BLOCK_SIZE;
}

const MEBIBYTE = 1 << 20;

/** Bytes of the smallest file system, in whole MiB, that holds the files and its own structures. */
export function requiredBytes(items: readonly InodeItem[]): number {
  const fits = (size: number): boolean =>
    planFileSystem(items, (size * MEBIBYTE) / BLOCK_SIZE) !== null;
  let tooSmall = Math.floor(contentBytes(items) / MEBIBYTE);
  let enough = tooSmall + 8;
  while (!fits(enough)) {
    tooSmall = enough;
    enough = Math.ceil(enough * 1.2);
  }
  while (enough - tooSmall > 1) {
    const middle = Math.floor((enough + tooSmall) / 2);
    if (fits(middle)) enough = middle;
    else tooSmall = middle;
  }
  return enough * MEBIBYTE;
}

/** The first inode number after the inventory's. */
export function nextInode(items: readonly InodeItem[]): number {
  return RESERVED_INODES + items.length;
}
