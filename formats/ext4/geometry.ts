import {
  BLOCK_SIZE,
  BLOCKS_PER_GROUP,
  DESCRIPTORS_PER_BLOCK,
  INODES_PER_BLOCK,
  LOG_GROUPS_PER_FLEX,
  RESERVED_INODES,
} from "./constants";

/** A run of blocks. */
export interface Run {
  readonly start: number;
  readonly count: number;
}

/** Where a group keeps its own structures (block numbers). */
export interface GroupPlaces {
  readonly blockBitmap: number;
  readonly inodeBitmap: number;
  readonly inodeTable: number;
}

/** Shape of a file system before any file is placed in it. */
export interface Geometry {
  readonly blockCount: number;
  readonly groupCount: number;
  readonly inodesPerGroup: number;
  readonly inodeTableBlocks: number;
  readonly descriptorBlocks: number;
  /** Blocks kept free after the descriptors, so that the file system can grow while mounted. */
  readonly reservedDescriptorBlocks: number;
  readonly journalBlocks: number;
  readonly groups: readonly GroupPlaces[];
  /** Groups that hold bitmaps or inode tables of other groups. */
  readonly hosts: ReadonlySet<number>;
  /** Blocks of all structures above, sorted, non-overlapping, adjoining runs merged. */
  readonly fixed: readonly Run[];
}

/**
 * Descriptor blocks at the largest size a msdos partition can have (2 TiB less its first MiB:
 * 256), and one more so that the resize inode always has something to hold.
 */
const MOST_DESCRIPTOR_BLOCKS = 257;
const BYTES_PER_INODE = 16384;
const MOST_INODES_PER_GROUP = 8 * BLOCK_SIZE;
/** A last group with less room than this beyond its own structures is left out, as mke2fs does. */
const LEAST_ROOM_IN_LAST_GROUP = 50;

/** Whether a group starts with a copy of the superblock and descriptors (sparse_super). */
export function hasSuperblock(group: number): boolean {
  if (group <= 1) return true;
  return [3, 5, 7].some((base) => {
    let power = base;
    while (power < group) power *= base;
    return power === group;
  });
}

/** Groups that hold copies, without group 0. */
export function backupGroups(groupCount: number): number[] {
  return Array.from({ length: groupCount }, (_, group) => group)
    .slice(1)
    .filter(hasSuperblock);
}

/** Blocks in a group; the last may be shorter. */
export function blocksInGroup(blockCount: number, group: number): number {
  return Math.min(BLOCKS_PER_GROUP, blockCount - group * BLOCKS_PER_GROUP);
}

/** Blocks of journal for a file system, growing to 64 MiB. */
function journalBlocksFor(blockCount: number): number {
  if (blockCount < 32768) return 1024;
  if (blockCount < 262144) return 4096;
  if (blockCount < 524288) return 8192;
  return 16384;
}

function mergeRuns(runs: Run[]): Run[] {
  const merged: { start: number; count: number }[] = [];
  for (const run of [...runs].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last && last.start + last.count === run.start) last.count += run.count;
    else merged.push({ ...run });
  }
  return merged;
}

interface Sizes {
  readonly blockCount: number;
  readonly groupCount: number;
  readonly inodesPerGroup: number;
  readonly inodeTableBlocks: number;
  readonly descriptorBlocks: number;
  readonly reservedDescriptorBlocks: number;
  readonly headBlocks: number;
}

function sizesFor(blocks: number, inodesWanted: number): Sizes | null {
  const groupCount = Math.ceil(blocks / BLOCKS_PER_GROUP);
  if (groupCount === 0) return null;
  const descriptorBlocks = Math.ceil(groupCount / DESCRIPTORS_PER_BLOCK);
  const reservedDescriptorBlocks = MOST_DESCRIPTOR_BLOCKS - descriptorBlocks;
  const usual = (blocks * BLOCK_SIZE) / BYTES_PER_INODE;
  // A quarter more than the tree has, where the usual number would not do.
  const wanted = inodesWanted + RESERVED_INODES;
  const inodes = usual > wanted * 1.1 ? usual : wanted * 1.25;
  const perGroup = Math.ceil(inodes / groupCount / INODES_PER_BLOCK) * INODES_PER_BLOCK;
  if (perGroup > MOST_INODES_PER_GROUP || reservedDescriptorBlocks < 1) return null;
  const inodeTableBlocks = perGroup / INODES_PER_BLOCK;
  const headBlocks = 1 + descriptorBlocks + reservedDescriptorBlocks;
  const last = groupCount - 1;
  const ownBlocks = (hasSuperblock(last) ? headBlocks : 0) + 2 + inodeTableBlocks;
  const lastBlocks = blocksInGroup(blocks, last);
  if (lastBlocks < BLOCKS_PER_GROUP && lastBlocks < ownBlocks + LEAST_ROOM_IN_LAST_GROUP) {
    return sizesFor(last * BLOCKS_PER_GROUP, inodesWanted);
  }
  return {
    blockCount: blocks,
    groupCount,
    inodesPerGroup: perGroup,
    inodeTableBlocks,
    descriptorBlocks,
    reservedDescriptorBlocks,
    headBlocks,
  };
}

/** Finds room for one structure after another, around the copies of the superblock. */
class Placer {
  readonly runs: Run[];
  readonly hosts = new Set<number>();
  private next = 0;

  constructor(
    private readonly heads: readonly Run[],
    private readonly blockCount: number,
  ) {
    this.runs = [...heads];
  }

  startAt(block: number): void {
    this.next = Math.max(this.next, block);
  }

  place(owner: number, count: number): number | null {
    for (const head of this.heads) {
      const overlaps = head.start < this.next + count && this.next < head.start + head.count;
      if (overlaps) this.next = head.start + head.count;
    }
    const start = this.next;
    this.next += count;
    if (this.next > this.blockCount) return null;
    this.runs.push({ start, count });
    const first = Math.floor(start / BLOCKS_PER_GROUP);
    const last = Math.floor((this.next - 1) / BLOCKS_PER_GROUP);
    for (let group = first; group <= last; group++) if (group !== owner) this.hosts.add(group);
    return start;
  }
}

/** The places of the groups for which there is room. */
function placeFlexGroup(placer: Placer, sizes: Sizes, members: number[]): GroupPlaces[] {
  const blockBitmaps = members.map((group) => placer.place(group, 1));
  const inodeBitmaps = members.map((group) => placer.place(group, 1));
  const tables = members.map((group) => placer.place(group, sizes.inodeTableBlocks));
  return members.flatMap((_, i) => {
    const [blockBitmap, inodeBitmap, inodeTable] = [blockBitmaps[i], inodeBitmaps[i], tables[i]];
    if (!blockBitmap || !inodeBitmap || !inodeTable) return [];
    return [{ blockBitmap, inodeBitmap, inodeTable }];
  });
}

/**
 * The shape of a file system of at most `blocks` blocks with room for `inodesWanted` files, or null
 * when it is too small for its own structures. One inode for every 16 KiB unless more are wanted.
 * Layout: kernel documentation, filesystems/ext4, "Layout", "Flexible Block Groups".
 */
export function geometryFor(blocks: number, inodesWanted: number): Geometry | null {
  const sizes = sizesFor(blocks, inodesWanted);
  if (!sizes) return null;
  const { blockCount, groupCount, headBlocks } = sizes;
  const heads = [0, ...backupGroups(groupCount)].map((group) => ({
    start: group * BLOCKS_PER_GROUP,
    count: headBlocks,
  }));
  const placer = new Placer(heads, blockCount);
  const groups: GroupPlaces[] = [];
  const perFlex = 1 << LOG_GROUPS_PER_FLEX;
  for (let first = 0; first < groupCount; first += perFlex) {
    placer.startAt(first * BLOCKS_PER_GROUP);
    const length = Math.min(perFlex, groupCount - first);
    const members = Array.from({ length }, (_, i) => first + i);
    groups.push(...placeFlexGroup(placer, sizes, members));
  }
  if (groups.length < groupCount) return null;
  return {
    ...sizes,
    journalBlocks: journalBlocksFor(blockCount),
    groups,
    hosts: placer.hosts,
    fixed: mergeRuns(placer.runs),
  };
}
