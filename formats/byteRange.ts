import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Bytes that can be read at any place: a file, or a member inside an archive. */
export interface ByteRange {
  readonly length: number;
  /**
   * Fills the whole of `buffer` with the bytes from `position` on.
   *
   * @throws Error when the range ends before
   */
  readSync(buffer: Buffer, position: number): void;
  close(): void;
}

/**
 * Opens a file, or `length` bytes of it from `offset` on (by default: to its end), as needed for a
 * disk image inside a tar archive.
 */
export function openByteRange(path: string, offset = 0, length?: number): ByteRange {
  const descriptor = openSync(path, "r");
  const available = fstatSync(descriptor).size - offset;
  const bytes = length ?? available;
  if (offset < 0 || bytes < 0 || bytes > available) {
    closeSync(descriptor);
    throw new Error(
      `Cannot open ${bytes} bytes at byte ${offset} of ${path}, it has ${available + offset}.`,
    );
  }
  return {
    length: bytes,
    readSync(buffer, position) {
      checkWithin(bytes, position, buffer.length);
      let done = 0;
      while (done < buffer.length) {
        const at = offset + position + done;
        const read = readSync(descriptor, buffer, done, buffer.length - done, at);
        if (read === 0) throw new Error(`${path} ended at byte ${at} while it was read.`);
        done += read;
      }
    },
    close: () => closeSync(descriptor),
  };
}

/** A file in memory. */
export function memoryByteRange(bytes: Uint8Array): ByteRange {
  return {
    length: bytes.length,
    readSync(buffer, position) {
      checkWithin(bytes.length, position, buffer.length);
      buffer.set(bytes.subarray(position, position + buffer.length));
    },
    close: () => undefined,
  };
}

function checkWithin(available: number, position: number, length: number): void {
  if (position < 0 || position + length > available) {
    throw new Error(
      `The disk image is cut short: ${length} bytes are expected at byte ${position}, ` +
        `the file has ${available}.`,
    );
  }
}
