import { execFileSync } from "node:child_process";
import { closeSync, fstatSync, openSync, readFileSync, readSync, realpathSync } from "node:fs";
import { basename, resolve } from "node:path";
import { loadKoffi } from "./deflate/nativeLibrary";

/** A range of bytes of a disk. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

/** Random-access bytes of a disk. Reads may come from several threads. */
export interface BlockSource {
  /** Bytes of the disk, a multiple of 512. */
  readonly capacity: number;
  /** Sorted, non-overlapping ranges; what is outside them is zero. */
  dataExtents(): Extent[];
  /**
   * Fills the whole of `buffer` with the bytes from `position` on.
   *
   * @throws Error when the range is not wholly within the disk or cannot be read
   */
  readSync(buffer: Buffer, position: number): void;
  /** Releases the file or memory behind it. */
  close(): void;
  /** Where another thread finds the same bytes. Without it only this thread can read them. */
  readonly locator?: SourceLocator;
}

/** Describes a source to another thread, see {@link openLocator}. */
export type SourceLocator =
  | { readonly kind: "file"; readonly path: string; readonly capacity: number }
  | {
      readonly kind: "memory";
      readonly capacity: number;
      /** The bytes of all extents, one after the other. */
      readonly bytes: SharedArrayBuffer;
      readonly extents: readonly Extent[];
    };

/** Disks are counted in sectors of this many bytes. */
export const SECTOR_BYTES = 512;

/** Opens a source again from its description, typically in another thread. */
export function openLocator(locator: SourceLocator): BlockSource {
  return locator.kind === "file" ? openFile(locator) : openMemory(locator);
}

/**
 * Opens a raw disk image or block device for reading.
 *
 * The data extents come from the file system (`SEEK_DATA` and `SEEK_HOLE` of lseek(2)); where that
 * cannot be called, from `qemu-img map`; where that is missing too, the whole file is data.
 *
 * @throws Error when the file cannot be opened or its size is not a multiple of 512 bytes
 */
export function openRawFile(path: string): BlockSource {
  const descriptor = openSync(path, "r");
  let capacity: number;
  try {
    capacity = diskBytes(descriptor, path);
  } finally {
    closeSync(descriptor);
  }
  if (capacity === 0 || capacity % SECTOR_BYTES !== 0) {
    throw new Error(
      `The disk image ${path} has ${capacity} bytes; it must have a multiple of 512, at least one.`,
    );
  }
  return openFile({ kind: "file", path: resolve(path), capacity });
}

/**
 * Makes a disk of `capacity` bytes in memory from its non-zero pieces, which must be sorted and
 * must not overlap.
 */
export function memorySource(
  capacity: number,
  pieces: readonly { readonly offset: number; readonly bytes: Uint8Array }[],
): BlockSource {
  const total = pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
  const bytes = new SharedArrayBuffer(total);
  const view = new Uint8Array(bytes);
  let filled = 0;
  let end = 0;
  for (const piece of pieces) {
    if (piece.offset < end || piece.offset + piece.bytes.length > capacity) {
      throw new Error(
        `The piece at byte ${piece.offset} (${piece.bytes.length} bytes) overlaps the one before ` +
          `it or ends after the disk's ${capacity} bytes.`,
      );
    }
    end = piece.offset + piece.bytes.length;
    view.set(piece.bytes, filled);
    filled += piece.bytes.length;
  }
  const extents = pieces.map((piece) => ({ offset: piece.offset, length: piece.bytes.length }));
  return openMemory({ kind: "memory", capacity, bytes, extents });
}

/**
 * @throws Error when a read of `length` bytes at `position` is not wholly within `capacity`
 */
export function checkRange(capacity: number, position: number, length: number): void {
  if (position < 0 || position + length > capacity) {
    throw new Error(
      `Cannot read ${length} bytes at byte ${position} of a disk that has ${capacity} bytes.`,
    );
  }
}

function openFile(locator: SourceLocator & { kind: "file" }): BlockSource {
  const { path, capacity } = locator;
  const descriptor = openSync(path, "r");
  return {
    capacity,
    locator,
    dataExtents: () =>
      seekExtents(descriptor, capacity) ??
      mappedExtents(path, capacity) ?? [{ offset: 0, length: capacity }],
    readSync(buffer, position) {
      checkRange(capacity, position, buffer.length);
      let done = 0;
      while (done < buffer.length) {
        const bytes = readSync(descriptor, buffer, done, buffer.length - done, position + done);
        if (bytes === 0) {
          throw new Error(
            `The disk image ${path} ended at byte ${position + done}, it had ${capacity} bytes.`,
          );
        }
        done += bytes;
      }
    },
    close: () => closeSync(descriptor),
  };
}

function openMemory(locator: SourceLocator & { kind: "memory" }): BlockSource {
  const { capacity, extents } = locator;
  const bytes = new Uint8Array(locator.bytes);
  return {
    capacity,
    locator,
    dataExtents: () => [...extents],
    readSync(buffer, position) {
      checkRange(capacity, position, buffer.length);
      buffer.fill(0);
      let stored = 0;
      for (const { offset, length } of extents) {
        const start = Math.max(offset, position);
        const end = Math.min(offset + length, position + buffer.length);
        if (start < end) {
          const from = stored + start - offset;
          buffer.set(bytes.subarray(from, from + end - start), start - position);
        }
        stored += length;
      }
    },
    close: () => undefined,
  };
}

/** Size of a regular file or of a block device (whose own `st_size` is 0). */
function diskBytes(descriptor: number, path: string): number {
  const status = fstatSync(descriptor);
  if (!status.isBlockDevice()) return status.size;
  const sectors = readFileSync(`/sys/class/block/${basename(realpathSync(path))}/size`);
  return Number(sectors) * SECTOR_BYTES;
}

const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/** Data extents from lseek(2); undefined where it cannot be called or the file system refuses. */
function seekExtents(descriptor: number, capacity: number): Extent[] | undefined {
  const koffi = loadKoffi();
  if (!koffi) return undefined;
  let lseek: (descriptor: number, offset: number, whence: number) => number | bigint;
  try {
    lseek = koffi.load(null).func("lseek", "int64_t", ["int", "int64_t", "int"]);
  } catch {
    return undefined;
  }
  const extents: Extent[] = [];
  let position = 0;
  while (position < capacity) {
    const data = Number(lseek(descriptor, position, SEEK_DATA));
    if (data < 0) {
      const pastLastData = koffi.errno() === koffi.os.errno.ENXIO;
      return pastLastData ? extents : undefined;
    }
    const hole = Number(lseek(descriptor, data, SEEK_HOLE));
    if (hole <= data) return undefined;
    const end = Math.min(hole, capacity);
    if (data < end) extents.push({ offset: data, length: end - data });
    position = hole;
  }
  return extents;
}

/** Data extents from `qemu-img map`; undefined where the tool is missing or fails. */
export function mappedExtents(path: string, capacity: number): Extent[] | undefined {
  let map: { start: number; length: number; zero: boolean; data: boolean }[];
  try {
    const argv = ["map", "--force-share", "-f", "raw", "--output=json", path];
    const json = execFileSync("qemu-img", argv, { maxBuffer: 2 ** 30, stdio: "pipe" });
    map = JSON.parse(json.toString()) as typeof map;
  } catch {
    return undefined;
  }
  return map
    .filter((range) => range.data && !range.zero)
    .map((range) => ({
      offset: range.start,
      length: Math.min(range.length, capacity - range.start),
    }))
    .filter((extent) => extent.length > 0);
}
