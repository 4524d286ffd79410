import { BLOCK_SIZE, EXTRA_ISIZE, INODE_SIZE } from "./constants";
import { CRC_START, crc32c } from "./crc32c";
import { aclToDisk } from "./posixAcl";
import type { Xattr } from "./tree";

/** An attribute as stored: the name's prefix is a number. */
export interface StoredXattr {
  readonly index: number;
  readonly name: Buffer;
  readonly value: Buffer;
}

/** What a file's attributes become. Both parts may be empty. */
export interface XattrPlacement {
  readonly inInode: readonly StoredXattr[];
  readonly inBlock: readonly StoredXattr[];
}

const MAGIC = 0xea020000;
const BLOCK_HEADER = 32;
const ENTRY = 16;
/** After the inode's fields: the magic, then entries; a zero word ends them. */
const INODE_ROOM = INODE_SIZE - 128 - EXTRA_ISIZE - 4;
const BLOCK_ROOM = BLOCK_SIZE - BLOCK_HEADER;
const END = 4;

const PREFIXES: readonly (readonly [string, number])[] = [
  ["user.", 1],
  ["system.posix_acl_access", 2],
  ["system.posix_acl_default", 3],
  ["trusted.", 4],
  ["security.", 6],
];

const padded = (length: number): number => (length + 3) & ~3;
const sizeOf = (xattr: StoredXattr): number =>
  ENTRY + padded(xattr.name.length) + padded(xattr.value.length);

/**
 * The form in which ext4 stores an attribute, or null for one it has no place for: overlayfs's own
 * marks and names of other file systems. ACLs change to ext4's layout.
 */
export function storedForm({ name, value }: Xattr): StoredXattr | null {
  const text = name.toString("latin1");
  if (text.startsWith("trusted.overlay.") || text.startsWith("user.overlay.")) return null;
  for (const [prefix, index] of PREFIXES) {
    if (!text.startsWith(prefix)) continue;
    const isAcl = !prefix.endsWith(".");
    if (isAcl && text !== prefix) continue;
    const stored = isAcl ? aclToDisk(value) : value;
    return stored && { index, name: name.subarray(prefix.length), value: stored };
  }
  return null;
}

/** ext4 keeps attributes of a block in this order. */
function compare(a: StoredXattr, b: StoredXattr): number {
  return a.index - b.index || a.name.length - b.name.length || Buffer.compare(a.name, b.name);
}

/**
 * Distributes a file's attributes: into the inode what fits there, small ones first, the others into
 * one block. Null when they do not fit.
 */
export function placeXattrs(xattrs: readonly Xattr[]): XattrPlacement | null {
  const stored = xattrs.map(storedForm).filter((xattr) => xattr !== null);
  const inInode: StoredXattr[] = [];
  const inBlock: StoredXattr[] = [];
  let inodeLeft = INODE_ROOM - END;
  let blockLeft = BLOCK_ROOM - END;
  for (const xattr of stored.sort((a, b) => sizeOf(a) - sizeOf(b) || compare(a, b))) {
    const size = sizeOf(xattr);
    if (size <= inodeLeft) {
      inodeLeft -= size;
      inInode.push(xattr);
    } else {
      blockLeft -= size;
      inBlock.push(xattr);
    }
  }
  if (blockLeft < 0) return null;
  return { inInode: inInode.sort(compare), inBlock: inBlock.sort(compare) };
}

function entryHash({ name, value }: StoredXattr): number {
  let hash = 0;
  for (const byte of name) hash = ((hash << 5) ^ (hash >>> 27) ^ byte) >>> 0;
  const words = Buffer.alloc(padded(value.length));
  value.copy(words);
  for (let at = 0; at < words.length; at += 4) {
    hash = ((hash << 16) ^ (hash >>> 16) ^ words.readUInt32LE(at)) >>> 0;
  }
  return hash;
}

/** Writes entries from `start` on and values from the end backwards; offsets count from `base`. */
function writeEntries(
  target: Buffer,
  xattrs: readonly StoredXattr[],
  { start, base, hashed }: { start: number; base: number; hashed: boolean },
): void {
  let at = start;
  let valueAt = target.length;
  for (const xattr of xattrs) {
    valueAt -= padded(xattr.value.length);
    xattr.value.copy(target, valueAt);
    target.writeUInt8(xattr.name.length, at);
    target.writeUInt8(xattr.index, at + 1);
    target.writeUInt16LE(xattr.value.length === 0 ? 0 : valueAt - base, at + 2);
    target.writeUInt32LE(xattr.value.length, at + 8);
    target.writeUInt32LE(hashed ? entryHash(xattr) : 0, at + 12);
    xattr.name.copy(target, at + ENTRY);
    at += ENTRY + padded(xattr.name.length);
  }
}

/**
 * Writes attributes into a 256-byte inode.
 * Layout: kernel documentation, filesystems/ext4, "Extended Attributes".
 */
export function writeInodeXattrs(inode: Buffer, xattrs: readonly StoredXattr[]): void {
  if (xattrs.length === 0) return;
  const magicAt = 128 + EXTRA_ISIZE;
  inode.writeUInt32LE(MAGIC, magicAt);
  writeEntries(inode, xattrs, { start: magicAt + 4, base: magicAt + 4, hashed: false });
}

/** The block of attributes that will be at block number `block`. */
export function encodeXattrBlock(
  xattrs: readonly StoredXattr[],
  block: number,
  fileSystemSeed: number,
): Buffer {
  const bytes = Buffer.alloc(BLOCK_SIZE);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(1, 4);
  bytes.writeUInt32LE(1, 8);
  let hash = 0;
  for (const xattr of xattrs) {
    hash = ((hash << 16) ^ (hash >>> 16) ^ entryHash(xattr)) >>> 0;
  }
  bytes.writeUInt32LE(xattrs.some((xattr) => entryHash(xattr) === 0) ? 0 : hash, 12);
  writeEntries(bytes, xattrs, { start: BLOCK_HEADER, base: 0, hashed: true });
  const position = Buffer.alloc(8);
  position.writeBigUInt64LE(BigInt(block));
  bytes.writeUInt32LE(crc32c(crc32c(fileSystemSeed, position), bytes), 16);
  return bytes;
}

/** Checksum seed of a file system: everything in it starts from its UUID's checksum. */
export function fileSystemSeed(uuid: Buffer): number {
  return crc32c(CRC_START, uuid);
}
