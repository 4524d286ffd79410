import { BLOCK_SIZE, BLOCKS_PER_GROUP, FILE_TYPE } from "./constants";
import type { PlacedBlock } from "./extents";
import { backupGroups } from "./geometry";
import type { Geometry } from "./geometry";

/** Type and permissions of the journal's and the resize inode's files. */
export const OWN_FILE_MODE = FILE_TYPE.regular | 0o600;

const JOURNAL_MAGIC = 0xc03b3998;
const JOURNAL_SUPERBLOCK_V2 = 4;

/**
 * The first block of an empty journal; the others are not looked at and stay unwritten.
 * Layout: kernel documentation, filesystems/ext4, "Journal (jbd2)", "Super Block". Big-endian.
 */
export function journalSuperblock(journalBlocks: number): Buffer {
  const bytes = Buffer.alloc(BLOCK_SIZE);
  bytes.writeUInt32BE(JOURNAL_MAGIC, 0x0);
  bytes.writeUInt32BE(JOURNAL_SUPERBLOCK_V2, 0x4);
  bytes.writeUInt32BE(BLOCK_SIZE, 0xc);
  bytes.writeUInt32BE(journalBlocks, 0x10);
  bytes.writeUInt32BE(1, 0x14);
  bytes.writeUInt32BE(1, 0x18);
  bytes.writeUInt32BE(1, 0x40);
  return bytes;
}

const POINTERS = BLOCK_SIZE / 4;
const DIRECT = 12;

/** The resize inode's file: every reserved descriptor block, with its places in the copies. */
export interface ResizeFile {
  /** The inode's 60 bytes of block map. */
  readonly map: Buffer;
  /** Bytes. */
  readonly size: number;
  /** Blocks that count as the inode's. */
  readonly blocks: number;
  readonly written: readonly PlacedBlock[];
}

/**
 * Inode 7, through which a mounted file system finds the reserved descriptor blocks when it grows.
 * Its double indirect block is at `indirect`. Each reserved block in group 0 lists the blocks at the same
 * place in the copies. Source: kernel documentation, filesystems/ext4, "Special inodes"; e2fsprogs
 * `lib/ext2fs/res_gdt.c` describes the arrangement.
 */
export function resizeFile(geometry: Geometry, indirect: number): ResizeFile {
  const { descriptorBlocks, reservedDescriptorBlocks, groupCount } = geometry;
  const copies = backupGroups(groupCount);
  const outer = Buffer.alloc(BLOCK_SIZE);
  const written: PlacedBlock[] = [{ block: indirect, bytes: outer }];
  for (let i = 0; i < reservedDescriptorBlocks; i++) {
    const index = descriptorBlocks + i;
    const block = 1 + index;
    outer.writeUInt32LE(block, (index % POINTERS) * 4);
    const bytes = Buffer.alloc(BLOCK_SIZE);
    copies.forEach((group, k) => bytes.writeUInt32LE(block + group * BLOCKS_PER_GROUP, k * 4));
    written.push({ block, bytes });
  }
  const map = Buffer.alloc(60);
  map.writeUInt32LE(indirect, (DIRECT + 1) * 4);
  return {
    map,
    size: (DIRECT + POINTERS + POINTERS * POINTERS) * BLOCK_SIZE,
    blocks: 1 + reservedDescriptorBlocks * (1 + copies.length),
    written,
  };
}
