import { closeSync, openSync, readSync } from "node:fs";
import { libc } from "../libc";
import { BLOCK_SIZE } from "./constants";
import type { Run } from "./geometry";

const READ_SIZE = 1 << 20;

/** Adds the blocks that the bytes from `start` to `end` touch. */
function addBytes(runs: { start: number; count: number }[], start: number, end: number): void {
  const first = Math.floor(start / BLOCK_SIZE);
  const last = Math.ceil(end / BLOCK_SIZE);
  const previous = runs.at(-1);
  if (previous && previous.start + previous.count >= first) previous.count = last - previous.start;
  else runs.push({ start: first, count: last - first });
}

/** The blocks that are not all zero: without lseek, the nearest thing to what is not a hole. */
function blocksWithContent(fd: number): Run[] {
  const runs: { start: number; count: number }[] = [];
  const buffer = Buffer.alloc(READ_SIZE);
  const zero = Buffer.alloc(BLOCK_SIZE);
  let position = 0;
  for (;;) {
    const length = readSync(fd, buffer, 0, READ_SIZE, position);
    if (length === 0) return runs;
    for (let at = 0; at < length; at += BLOCK_SIZE) {
      const block = buffer.subarray(at, Math.min(at + BLOCK_SIZE, length));
      if (block.equals(zero.subarray(0, block.length))) continue;
      addBytes(runs, position + at, position + at + block.length);
    }
    position += length;
  }
}

/**
 * The blocks of a regular file that hold data, holes left out. `allocatedBytes` is what the file
 * takes in its own file system: a file that has no less than its length there has no holes.
 */
export function dataRuns(path: Buffer, size: number, allocatedBytes: number): Run[] {
  if (size === 0) return [];
  if (allocatedBytes >= size) return [{ start: 0, count: Math.ceil(size / BLOCK_SIZE) }];
  const fd = openSync(path, "r");
  try {
    const system = libc();
    if (!system) return blocksWithContent(fd);
    const runs: { start: number; count: number }[] = [];
    for (let at = 0; at < size;) {
      const start = system.seekData(fd, at);
      if (start < 0 || start >= size) break;
      const end = Math.min(system.seekHole(fd, start), size);
      addBytes(runs, start, end);
      at = end;
    }
    return runs;
  } finally {
    closeSync(fd);
  }
}
