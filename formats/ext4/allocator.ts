import type { Geometry, Run } from "./geometry";

/** Thrown by {@link Allocator.take} when the file system has no more blocks. */
export class OutOfBlocks extends Error {}

/**
 * Gives out blocks from the first to the last, around the fixed structures. It leaves no gap, so a
 * block before {@link Allocator.next} is always in use and the free space is in one piece.
 */
export class Allocator {
  /** The next block to be given out, or a fixed one. */
  next = 0;
  private fixedIndex = 0;

  constructor(private readonly geometry: Geometry) {}

  /** The next `count` blocks, in as few runs as the fixed structures allow. */
  take(count: number): Run[] {
    const { fixed, blockCount } = this.geometry;
    const runs: Run[] = [];
    let left = count;
    while (left > 0) {
      const obstacle = fixed[this.fixedIndex];
      if (obstacle && obstacle.start === this.next) {
        this.next += obstacle.count;
        this.fixedIndex++;
        continue;
      }
      const end = obstacle ? obstacle.start : blockCount;
      const length = Math.min(left, end - this.next);
      if (length <= 0) throw new OutOfBlocks();
      runs.push({ start: this.next, count: length });
      this.next += length;
      left -= length;
    }
    return runs;
  }

  /** One block. */
  takeOne(): number {
    const [run] = this.take(1) as [Run];
    return run.start;
  }
}
