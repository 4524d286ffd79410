import { BLOCK_SIZE, FILE_TYPE, FILE_TYPE_MASK } from "./constants";
import { crc32c } from "./crc32c";

/** A name in a directory, with the inode it leads to. */
export interface DirEntry {
  readonly name: Buffer;
  readonly inode: number;
  /** Type number stored beside the name, from {@link direntType}. */
  readonly type: number;
}

/** The end of a block, disguised as an unused entry, that holds its checksum. */
const TAIL = 12;
/** Bytes for entries in a block. */
export const DIR_ROOM = BLOCK_SIZE - TAIL;
const HEADER = 8;

/** Bytes that an entry takes at least. */
export function direntSize(name: Buffer): number {
  return (HEADER + name.length + 3) & ~3;
}

/** The type stored beside a name ("Linear (Classic) Directories", `file_type`). */
export function direntType(mode: number): number {
  switch (mode & FILE_TYPE_MASK) {
    case FILE_TYPE.regular:
      return 1;
    case FILE_TYPE.directory:
      return 2;
    case FILE_TYPE.character:
      return 3;
    case FILE_TYPE.block:
      return 4;
    case FILE_TYPE.fifo:
      return 5;
    case FILE_TYPE.socket:
      return 6;
    case FILE_TYPE.symlink:
      return 7;
    default:
      return 0;
  }
}

/** Writes one entry that reaches over `length` bytes. */
export function writeDirent(target: Buffer, at: number, entry: DirEntry, length: number): void {
  target.writeUInt32LE(entry.inode, at);
  target.writeUInt16LE(length, at + 4);
  target.writeUInt8(entry.name.length, at + 6);
  target.writeUInt8(entry.type, at + 7);
  entry.name.copy(target, at + HEADER);
}

/**
 * A block of entries, the last reaching to its end, with the checksum; without entries, an unused block.
 * `seed` is the directory's checksum seed.
 * Layout: kernel documentation, filesystems/ext4, "Linear (Classic) Directories".
 */
export function encodeDirBlock(entries: readonly DirEntry[], seed: number): Buffer {
  const block = Buffer.alloc(BLOCK_SIZE);
  let at = 0;
  entries.forEach((entry, i) => {
    const length = i === entries.length - 1 ? DIR_ROOM - at : direntSize(entry.name);
    writeDirent(block, at, entry, length);
    at += length;
  });
  if (entries.length === 0) block.writeUInt16LE(DIR_ROOM, 4);
  block.writeUInt16LE(TAIL, DIR_ROOM + 4);
  block.writeUInt8(0xde, DIR_ROOM + 7);
  block.writeUInt32LE(crc32c(seed, block.subarray(0, DIR_ROOM)), DIR_ROOM + 8);
  return block;
}

const DIRECTORY = direntType(FILE_TYPE.directory);

/** The entries `.` and `..`. */
export function dotEntries(self: number, parent: number): [DirEntry, DirEntry] {
  return [
    { name: Buffer.from("."), inode: self, type: DIRECTORY },
    { name: Buffer.from(".."), inode: parent, type: DIRECTORY },
  ];
}
