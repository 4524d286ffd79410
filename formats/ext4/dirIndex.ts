import { BLOCK_SIZE } from "./constants";
import { crc32c, crc32cOfNumber } from "./crc32c";
import { dirHash, HALF_MD4 } from "./dirHash";
import { DIR_ROOM, direntSize, dotEntries, encodeDirBlock, writeDirent } from "./directory";
import type { DirEntry } from "./directory";

/** A leaf of an indexed directory, with the least hash it holds. */
export interface DirLeaf {
  readonly hash: number;
  readonly entries: readonly DirEntry[];
}

const CHECKSUM = 8;
/** Where the (limit, count, entries) table starts in the root and in a node below it. */
const ROOT_TABLE = 32;
const NODE_TABLE = 8;
/** Entries in the root. */
export const ROOT_LIMIT = (BLOCK_SIZE - ROOT_TABLE - CHECKSUM) / 8;
/** Entries in a node below the root. */
export const NODE_LIMIT = (BLOCK_SIZE - NODE_TABLE - CHECKSUM) / 8;

/** Sorts names by hash and fills leaf after leaf. */
export function packLeaves(entries: readonly DirEntry[], hashSeed: Buffer): DirLeaf[] {
  const hashed = entries
    .map((entry) => ({ entry, hash: dirHash(entry.name, hashSeed) }))
    .sort((a, b) => a.hash - b.hash || Buffer.compare(a.entry.name, b.entry.name));
  const leaves: { hash: number; entries: DirEntry[] }[] = [];
  let room = 0;
  let previous = -1;
  for (const { entry, hash } of hashed) {
    const size = direntSize(entry.name);
    if (size > room) {
      // The lowest bit says that names with this hash started in the leaf before.
      leaves.push({ hash: hash === previous ? hash + 1 : hash, entries: [] });
      room = DIR_ROOM;
    }
    leaves.at(-1)?.entries.push(entry);
    room -= size;
    previous = hash;
  }
  return leaves;
}

/** Blocks of an indexed directory with so many leaves, or null when two levels do not hold them. */
export function indexedBlocks(leafCount: number): number | null {
  if (leafCount <= ROOT_LIMIT) return 1 + leafCount;
  const nodes = Math.ceil(leafCount / NODE_LIMIT);
  return nodes <= ROOT_LIMIT ? 1 + nodes + leafCount : null;
}

interface Pointer {
  readonly hash: number;
  readonly block: number;
}

function writeTable(block: Buffer, at: number, pointers: readonly Pointer[], seed: number): void {
  const limit = at === ROOT_TABLE ? ROOT_LIMIT : NODE_LIMIT;
  pointers.forEach(({ hash, block: to }, i) => {
    block.writeUInt32LE(hash, at + i * 8);
    block.writeUInt32LE(to, at + i * 8 + 4);
  });
  // The first entry needs no hash; its place holds the table's size.
  block.writeUInt16LE(limit, at);
  block.writeUInt16LE(pointers.length, at + 2);
  const end = at + pointers.length * 8;
  const checksum = crc32cOfNumber(crc32cOfNumber(crc32c(seed, block.subarray(0, end)), 0), 0);
  block.writeUInt32LE(checksum, at + limit * 8 + 4);
}

function rootBlock(
  { self, parent, seed }: IndexedDirectory,
  pointers: readonly Pointer[],
  levels: number,
): Buffer {
  const block = Buffer.alloc(BLOCK_SIZE);
  const [dot, dotDot] = dotEntries(self, parent);
  writeDirent(block, 0, dot, 12);
  writeDirent(block, 12, dotDot, BLOCK_SIZE - 12);
  block.writeUInt8(HALF_MD4, 28);
  block.writeUInt8(8, 29);
  block.writeUInt8(levels, 30);
  writeTable(block, ROOT_TABLE, pointers, seed);
  return block;
}

function nodeBlock(pointers: readonly Pointer[], seed: number): Buffer {
  const block = Buffer.alloc(BLOCK_SIZE);
  block.writeUInt16LE(BLOCK_SIZE, 4);
  writeTable(block, NODE_TABLE, pointers, seed);
  return block;
}

/** A directory to be written with an index. */
export interface IndexedDirectory {
  readonly self: number;
  readonly parent: number;
  readonly leaves: readonly DirLeaf[];
  /** The directory's checksum seed. */
  readonly seed: number;
}

/**
 * The blocks of an indexed directory, in order: root, nodes if there are any, leaves.
 * Layout: kernel documentation, filesystems/ext4, "Hash Tree Directories".
 */
export function encodeIndexedDirectory(directory: IndexedDirectory): Buffer[] {
  const { leaves, seed } = directory;
  const nodeCount = leaves.length <= ROOT_LIMIT ? 0 : Math.ceil(leaves.length / NODE_LIMIT);
  const toLeaves = leaves.map(({ hash }, i) => ({ hash, block: 1 + nodeCount + i }));
  const leafBlocks = leaves.map(({ entries }) => encodeDirBlock(entries, seed));
  if (nodeCount === 0) return [rootBlock(directory, toLeaves, 0), ...leafBlocks];
  const nodes: Buffer[] = [];
  const toNodes: Pointer[] = [];
  for (let i = 0; i < nodeCount; i++) {
    const slice = toLeaves.slice(i * NODE_LIMIT, (i + 1) * NODE_LIMIT);
    toNodes.push({ hash: (slice[0] as Pointer).hash, block: 1 + i });
    nodes.push(nodeBlock(slice, seed));
  }
  return [rootBlock(directory, toNodes, 1), ...nodes, ...leafBlocks];
}
