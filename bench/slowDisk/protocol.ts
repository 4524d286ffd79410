/**
 * The few messages of the FUSE kernel protocol 7.31 (Linux, `include/uapi/linux/fuse.h`) that a file system of one
 * read-only file needs. All numbers are in the machine's byte order, little-endian here.
 */

/** Bytes of `struct fuse_in_header`. */
export const REQUEST_HEADER = 40;
/** Bytes of `struct fuse_out_header`. */
export const REPLY_HEADER = 16;
/** The kernel refuses to read requests into less (`FUSE_MIN_READ_BUFFER`, with room for `max_write`). */
export const REQUEST_ROOM = 1 << 17;

export const OPCODE = {
  forget: 2,
  getattr: 3,
  open: 14,
  read: 15,
  release: 18,
  flush: 25,
  init: 26,
  interrupt: 36,
  destroy: 38,
  batchForget: 42,
} as const;

/** Opcodes that are never answered. */
export const WITHOUT_REPLY: readonly number[] = [
  OPCODE.forget,
  OPCODE.interrupt,
  OPCODE.batchForget,
  OPCODE.destroy,
];

export const ENOSYS = 38;
export const EIO = 5;

const ASYNC_READ = 1 << 0;
const ASYNC_DIRECT_IO = 1 << 15;
const MAX_PAGES = 1 << 22;
const S_IFREG = 0o100000;
/** Seconds for which the kernel may believe what it was told of the file. */
const VALID_SECONDS = 3600n;

/** What a request asks. */
export interface Request {
  readonly opcode: number;
  /** Number that its reply must bear. */
  readonly unique: bigint;
  /** The rest of the message. */
  readonly body: Buffer;
}

export function parseRequest(message: Buffer): Request {
  return {
    opcode: message.readUInt32LE(4),
    unique: message.readBigUInt64LE(8),
    body: message.subarray(REQUEST_HEADER),
  };
}

/** The part of the file that a read asks for, from `struct fuse_read_in`. */
export function parseRead(body: Buffer): { offset: number; length: number } {
  return { offset: Number(body.readBigUInt64LE(8)), length: body.readUInt32LE(16) };
}

/** Writes the header of a reply to the start of `message`; the rest is its content. */
export function sealReply(message: Buffer, unique: bigint, error = 0): Buffer {
  message.writeUInt32LE(message.length, 0);
  message.writeInt32LE(-error, 4);
  message.writeBigUInt64LE(unique, 8);
  return message;
}

export function reply(unique: bigint, content: Buffer = Buffer.alloc(0), error = 0): Buffer {
  return sealReply(Buffer.concat([Buffer.alloc(REPLY_HEADER), content]), unique, error);
}

/** `struct fuse_init_out`: reads may be many at once, and long. */
export function initContent(requests: number): Buffer {
  const content = Buffer.alloc(64);
  content.writeUInt32LE(7, 0);
  content.writeUInt32LE(31, 4);
  content.writeUInt32LE(1 << 20, 8); // max_readahead
  content.writeUInt32LE(ASYNC_READ | ASYNC_DIRECT_IO | MAX_PAGES, 12);
  content.writeUInt16LE(requests, 16); // max_background
  content.writeUInt16LE(requests, 18); // congestion_threshold
  content.writeUInt32LE(1 << 16, 20); // max_write
  content.writeUInt32LE(1, 24); // time_gran
  content.writeUInt16LE(256, 28); // max_pages
  return content;
}

/** `struct fuse_attr_out` of the one file. */
export function attributesContent(size: number): Buffer {
  const content = Buffer.alloc(16 + 88);
  content.writeBigUInt64LE(VALID_SECONDS, 0);
  content.writeBigUInt64LE(1n, 16); // ino
  content.writeBigUInt64LE(BigInt(size), 24);
  content.writeBigUInt64LE(BigInt(Math.ceil(size / 512)), 32);
  content.writeUInt32LE(S_IFREG | 0o400, 76); // mode
  content.writeUInt32LE(1, 80); // nlink
  content.writeUInt32LE(4096, 96); // blksize
  return content;
}

/** `struct fuse_open_out`: file handle 0, nothing special. */
export function openContent(): Buffer {
  return Buffer.alloc(16);
}
