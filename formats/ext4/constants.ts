/**
 * Numbers of the ext4 on-disk format that several parts share.
 * Source: Linux kernel documentation, filesystems/ext4 ("Data Structures and Algorithms").
 */

/** Bytes in a block; the only block size written here. */
export const BLOCK_SIZE = 4096;
/** Blocks in a group: as many as one block of bitmap has bits. */
export const BLOCKS_PER_GROUP = 32768;
/** Bytes in an inode: 128 of ext2, 32 of nanoseconds and checksum, 96 for attributes. */
export const INODE_SIZE = 256;
/** Bytes used after the first 128 of an inode. */
export const EXTRA_ISIZE = 32;
/** Inodes in a block of an inode table. */
export const INODES_PER_BLOCK = BLOCK_SIZE / INODE_SIZE;
/** Bytes in a group descriptor with 64-bit block numbers. */
export const DESCRIPTOR_SIZE = 64;
/** Group descriptors in a block. */
export const DESCRIPTORS_PER_BLOCK = BLOCK_SIZE / DESCRIPTOR_SIZE;
/** log2 of the groups whose bitmaps and inode tables lie together (flex_bg). */
export const LOG_GROUPS_PER_FLEX = 4;
/** Longest extent of written blocks. */
export const MAX_EXTENT_BLOCKS = 32768;
/** Most hard links to one inode, and most subdirectories before the count becomes 1. */
export const MAX_LINKS = 65000;

/** Inodes with a fixed number ("Special inodes"). */
export const INODE = { root: 2, resize: 7, journal: 8, lostAndFound: 11 } as const;
/** Inodes 1 to 10 are the format's own. */
export const RESERVED_INODES = 10;

/** Bits of an inode's `i_flags`. */
export const INODE_FLAG = { index: 0x1000, extents: 0x80000 } as const;
/** Bits of a group descriptor's `bg_flags`. */
export const GROUP_FLAG = { inodesUnused: 1, bitmapUnwritten: 2, tableZeroed: 4 } as const;

/** Feature bits of the superblock, by the name dumpe2fs prints. */
export const COMPATIBLE = { has_journal: 0x4, ext_attr: 0x8, resize_inode: 0x10, dir_index: 0x20 };
/** Features without which a kernel must not mount. */
export const INCOMPATIBLE = { filetype: 0x2, extent: 0x40, "64bit": 0x80, flex_bg: 0x200 };
/** Features without which a kernel must not write. */
export const READ_ONLY_COMPATIBLE = {
  sparse_super: 0x1,
  large_file: 0x2,
  huge_file: 0x8,
  dir_nlink: 0x20,
  extra_isize: 0x40,
  metadata_csum: 0x400,
};

/** File type bits of a mode (POSIX `S_IFMT`). */
export const FILE_TYPE = {
  fifo: 0x1000,
  character: 0x2000,
  directory: 0x4000,
  block: 0x6000,
  regular: 0x8000,
  symlink: 0xa000,
  socket: 0xc000,
} as const;
/** Mask of the file type in a mode. */
export const FILE_TYPE_MASK = 0xf000;
