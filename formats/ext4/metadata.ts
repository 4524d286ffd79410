import { BLOCK_SIZE, BLOCKS_PER_GROUP, FILE_TYPE, FILE_TYPE_MASK, INODE } from "./constants";
import { encodeDirBlock } from "./directory";
import { encodeIndexedDirectory } from "./dirIndex";
import { encodeExtentTree } from "./extents";
import type { PlacedBlock } from "./extents";
import { hasSuperblock } from "./geometry";
import { encodeGroups } from "./groups";
import { deviceMap, hasExtents, inodeFlags, inodeSeed, writeInode } from "./inode";
import { InodeTables } from "./inodeTables";
import type { InodeItem } from "./inventory";
import { journalSuperblock, OWN_FILE_MODE, resizeFile } from "./ownFiles";
import { joined } from "./placedBytes";
import type { PlacedBytes } from "./placedBytes";
import { nextInode } from "./plan";
import type { Placement, Plan } from "./plan";
import { encodeSuperblock } from "./superblock";
import { encodeXattrBlock, fileSystemSeed } from "./xattrs";

/** What makes a file system this one. */
export interface Identity {
  /** 16 bytes. */
  readonly uuid: Buffer;
  /** 16 bytes. */
  readonly hashSeed: Buffer;
  /** At most 16 bytes. */
  readonly label: Buffer;
  /** Seconds since 1970; later times become this one. */
  readonly epoch: number;
}

const blocksOf = ({ extents, treeBlocks, xattrBlock }: Placement): number =>
  extents.reduce((sum, { count }) => sum + count, 0) + treeBlocks.length + (xattrBlock ? 1 : 0);

/** The blocks of a directory or of a long link target, in order. */
function ownContent(item: InodeItem, seed: number): Buffer[] {
  const { directory, node, inode, data } = item;
  if (directory?.leaves) {
    const { parent, leaves } = directory;
    return encodeIndexedDirectory({ self: inode, parent, leaves, seed });
  }
  if (directory) {
    const count = data[0]?.count ?? 1;
    const empty = Array.from({ length: count - 1 }, () => encodeDirBlock([], seed));
    return [encodeDirBlock(directory.entries, seed), ...empty];
  }
  if (node.target.length === 0 || data.length === 0) return [];
  const block = Buffer.alloc(BLOCK_SIZE);
  node.target.copy(block);
  return [block];
}

function mapWithoutExtents({ node }: InodeItem): Buffer {
  const type = node.mode & FILE_TYPE_MASK;
  if (type === FILE_TYPE.character || type === FILE_TYPE.block) {
    return deviceMap(node.device.major, node.device.minor);
  }
  const map = Buffer.alloc(60);
  node.target.copy(map);
  return map;
}

/** Every block that is neither file data nor a fixed structure. */
class Encoder {
  readonly blocks: PlacedBlock[] = [];
  readonly tables: InodeTables;
  readonly seed: number;

  constructor(
    readonly plan: Plan,
    readonly items: readonly InodeItem[],
    readonly identity: Identity,
  ) {
    this.tables = new InodeTables(plan.geometry, nextInode(items));
    this.seed = fileSystemSeed(identity.uuid);
  }

  private get epochNs(): bigint {
    return BigInt(this.identity.epoch) * 1_000_000_000n;
  }

  file(item: InodeItem, placement: Placement): void {
    const { node, inode, xattrs } = item;
    const seed = inodeSeed(this.seed, inode);
    let map: Buffer;
    if (hasExtents(node.mode, item.size)) {
      const { root, below } = encodeExtentTree(placement.extents, placement.treeBlocks, seed);
      this.blocks.push(...below);
      map = root;
    } else {
      map = mapWithoutExtents(item);
    }
    const content = ownContent(item, seed);
    for (const { physical, logical, count } of content.length > 0 ? placement.extents : []) {
      for (let i = 0; i < count; i++) {
        this.blocks.push({ block: physical + i, bytes: content[logical + i] as Buffer });
      }
    }
    if (placement.xattrBlock > 0) {
      const { xattrBlock: block } = placement;
      this.blocks.push({ block, bytes: encodeXattrBlock(xattrs.inBlock, block, this.seed) });
    }
    const fields = {
      mode: node.mode,
      uid: node.uid,
      gid: node.gid,
      size: item.size,
      links: item.links,
      blocks: blocksOf(placement),
      flags: inodeFlags(node.mode, item.size, Boolean(item.directory?.leaves)),
      timeNs: node.mtimeNs < this.epochNs ? node.mtimeNs : this.epochNs,
      map,
      xattrBlock: placement.xattrBlock,
      xattrs: xattrs.inInode,
    };
    writeInode(this.tables.at(inode), fields, seed);
  }

  private ownInode(inode: number, own: OwnInode): void {
    const fields = {
      ...own,
      mode: OWN_FILE_MODE,
      uid: 0,
      gid: 0,
      links: 1,
      timeNs: this.epochNs,
      xattrBlock: 0,
      xattrs: [],
    };
    writeInode(this.tables.at(inode), fields, inodeSeed(this.seed, inode));
  }

  /** Returns the journal's block map. */
  journal(): Buffer {
    const { journal, geometry } = this.plan;
    const seed = inodeSeed(this.seed, INODE.journal);
    const { root, below } = encodeExtentTree(journal.extents, journal.treeBlocks, seed);
    const start = journal.extents[0]?.physical ?? 0;
    this.blocks.push(...below, {
      block: start,
      bytes: journalSuperblock(geometry.journalBlocks),
    });
    const size = geometry.journalBlocks * BLOCK_SIZE;
    const flags = inodeFlags(OWN_FILE_MODE, size, false);
    this.ownInode(INODE.journal, { size, blocks: blocksOf(journal), flags, map: root });
    return root;
  }

  resize(): void {
    const { map, size, blocks, written } = resizeFile(this.plan.geometry, this.plan.resizeBlock);
    this.blocks.push(...written);
    this.ownInode(INODE.resize, { size, blocks, flags: 0, map });
  }
}

interface OwnInode {
  readonly size: number;
  readonly blocks: number;
  readonly flags: number;
  readonly map: Buffer;
}

function superblocks(encoder: Encoder, journalMap: Buffer): PlacedBytes[] {
  const { plan, items, identity, seed } = encoder;
  const { geometry } = plan;
  const directories = items.filter((item) => item.directory).map((item) => item.inode);
  const usage = { nextBlock: plan.nextBlock, nextInode: nextInode(items), directories };
  const groups = encodeGroups(geometry, usage, seed);
  const descriptors = Buffer.alloc(geometry.descriptorBlocks * BLOCK_SIZE);
  groups.forEach(({ descriptor }, i) => descriptor.copy(descriptors, i * descriptor.length));
  const freeBlocks = groups.reduce((sum, group) => sum + group.freeBlocks, 0);
  const freeInodes = groups.reduce((sum, group) => sum + group.freeInodes, 0);
  const fields = { ...identity, freeBlocks, freeInodes, journalMap };
  const placed: PlacedBytes[] = [];
  groups.forEach(({ blockBitmap, inodeBitmap }, group) => {
    const { blockBitmap: blockAt = 0, inodeBitmap: inodeAt = 0 } = geometry.groups[group] ?? {};
    if (blockBitmap) placed.push({ offset: blockAt * BLOCK_SIZE, bytes: blockBitmap });
    if (inodeBitmap) placed.push({ offset: inodeAt * BLOCK_SIZE, bytes: inodeBitmap });
    if (!hasSuperblock(group)) return;
    const start = group * BLOCKS_PER_GROUP * BLOCK_SIZE;
    const bytes = Buffer.alloc(BLOCK_SIZE + descriptors.length);
    encodeSuperblock(geometry, fields, group).copy(bytes, group === 0 ? 1024 : 0);
    descriptors.copy(bytes, BLOCK_SIZE);
    placed.push({ offset: start, bytes });
  });
  return placed;
}

/**
 * Everything of a file system except the content of regular files: pieces sorted by place, not
 * overlapping. What neither they nor file data cover is zero.
 */
export function encodeMetadata(
  plan: Plan,
  items: readonly InodeItem[],
  identity: Identity,
): PlacedBytes[] {
  const encoder = new Encoder(plan, items, identity);
  items.forEach((item, i) => encoder.file(item, plan.placements[i] as Placement));
  const journalMap = encoder.journal();
  encoder.resize();
  const blocks = encoder.blocks.map(({ block, bytes }) => ({ offset: block * BLOCK_SIZE, bytes }));
  return joined([...superblocks(encoder, journalMap), ...encoder.tables.placed(), ...blocks]);
}
