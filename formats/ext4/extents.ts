import { BLOCK_SIZE, MAX_EXTENT_BLOCKS } from "./constants";
import type { Run } from "./geometry";
import { crc32c } from "./crc32c";

/** `count` blocks of a file from block `logical` on, at block `physical` of the file system. */
export interface Extent {
  readonly logical: number;
  readonly physical: number;
  readonly count: number;
}

const MAGIC = 0xf30a;
const HEADER = 12;
const ENTRY = 12;
/** Entries that fit into the inode itself. */
const ROOT_ENTRIES = 4;
/** Entries in a block; the last four bytes are its checksum. */
const BLOCK_ENTRIES = Math.floor((BLOCK_SIZE - HEADER) / ENTRY);

/** Maps the file's runs of data onto as many blocks given out, in order, split at the longest extent. */
export function mapExtents(data: readonly Run[], blocks: readonly Run[]): Extent[] {
  const extents: Extent[] = [];
  let run = 0;
  let usedOfRun = 0;
  for (const segment of data) {
    let done = 0;
    while (done < segment.count) {
      const { start, count } = blocks[run] as Run;
      const length = Math.min(segment.count - done, count - usedOfRun, MAX_EXTENT_BLOCKS);
      extents.push({
        logical: segment.start + done,
        physical: start + usedOfRun,
        count: length,
      });
      done += length;
      usedOfRun += length;
      if (usedOfRun === count) {
        run++;
        usedOfRun = 0;
      }
    }
  }
  return extents;
}

/** Blocks outside the inode that a tree of so many extents needs. */
export function extentTreeBlocks(extentCount: number): number {
  let level = extentCount;
  let total = 0;
  while (level > ROOT_ENTRIES) {
    level = Math.ceil(level / BLOCK_ENTRIES);
    total += level;
  }
  return total;
}

function writeHeader(target: Buffer, entries: number, most: number, depth: number): void {
  target.writeUInt16LE(MAGIC, 0);
  target.writeUInt16LE(entries, 2);
  target.writeUInt16LE(most, 4);
  target.writeUInt16LE(depth, 6);
}

function writeLeafEntry(target: Buffer, at: number, extent: Extent): void {
  target.writeUInt32LE(extent.logical, at);
  target.writeUInt16LE(extent.count, at + 4);
  target.writeUInt16LE(Math.floor(extent.physical / 2 ** 32), at + 6);
  target.writeUInt32LE(extent.physical % 2 ** 32, at + 8);
}

function writeIndexEntry(target: Buffer, at: number, entry: Extent): void {
  target.writeUInt32LE(entry.logical, at);
  target.writeUInt32LE(entry.physical % 2 ** 32, at + 4);
  target.writeUInt16LE(Math.floor(entry.physical / 2 ** 32), at + 8);
}

/** A block with its contents. */
export interface PlacedBlock {
  readonly block: number;
  readonly bytes: Buffer;
}

/**
 * An extent tree: the 60 bytes for the inode and the blocks below it, `blocks` being where they
 * go ({@link extentTreeBlocks} of them). `seed` is the inode's checksum seed.
 * Layout: kernel documentation, filesystems/ext4, "Extent Tree".
 */
export function encodeExtentTree(
  extents: readonly Extent[],
  blocks: readonly number[],
  seed: number,
): { root: Buffer; below: PlacedBlock[] } {
  const below: PlacedBlock[] = [];
  let level = extents;
  let depth = 0;
  let nextBlock = 0;
  while (level.length > ROOT_ENTRIES) {
    const parents: Extent[] = [];
    for (let first = 0; first < level.length; first += BLOCK_ENTRIES) {
      const entries = level.slice(first, first + BLOCK_ENTRIES);
      const block = blocks[nextBlock++] as number;
      const bytes = Buffer.alloc(BLOCK_SIZE);
      writeNode(bytes, entries, BLOCK_ENTRIES, depth);
      const tail = HEADER + BLOCK_ENTRIES * ENTRY;
      bytes.writeUInt32LE(crc32c(seed, bytes.subarray(0, tail)), tail);
      below.push({ block, bytes });
      parents.push({ logical: (entries[0] as Extent).logical, physical: block, count: 0 });
    }
    level = parents;
    depth++;
  }
  const root = Buffer.alloc(60);
  writeNode(root, level, ROOT_ENTRIES, depth);
  return { root, below };
}

function writeNode(target: Buffer, entries: readonly Extent[], most: number, depth: number): void {
  writeHeader(target, entries.length, most, depth);
  const write = depth === 0 ? writeLeafEntry : writeIndexEntry;
  entries.forEach((entry, i) => write(target, HEADER + i * ENTRY, entry));
}
