import { BLOCK_SIZE } from "./constants";
import type { InodeItem } from "./inventory";
import { FILE_TYPE, FILE_TYPE_MASK } from "./constants";
import type { Plan } from "./plan";

/** Bytes of one file that go into a job's buffer. */
export interface CopyPiece {
  readonly path: Buffer;
  /** Bytes from the start of the file. */
  readonly from: number;
  readonly length: number;
  /** Bytes from the start of the job; what no piece covers is zero. */
  readonly at: number;
}

/** Adjoining bytes of the file system, written in one go. */
export interface CopyJob {
  /** Bytes from the start of the file system. */
  readonly offset: number;
  readonly length: number;
  readonly pieces: readonly CopyPiece[];
}

/** Large enough to write at full speed, small enough that several threads finish together. */
export const JOB_BYTES = 1 << 20;
/** So that many small files do not make one thread wait for a slow source alone. */
const JOB_PIECES = 32;

/** The copying that fills the regular files of a plan, in the order of the blocks. */
export function copyJobs(plan: Plan, items: readonly InodeItem[]): CopyJob[] {
  const jobs: { offset: number; length: number; pieces: CopyPiece[] }[] = [];
  const add = (path: Buffer, from: number, offset: number, blocksLength: number, size: number) => {
    let job = jobs.at(-1);
    if (
      !job ||
      job.offset + job.length !== offset ||
      job.length + blocksLength > JOB_BYTES ||
      job.pieces.length >= JOB_PIECES
    ) {
      job = { offset, length: 0, pieces: [] };
      jobs.push(job);
    }
    job.pieces.push({ path, from, length: Math.min(blocksLength, size - from), at: job.length });
    job.length += blocksLength;
  };
  items.forEach(({ node, size }, i) => {
    if ((node.mode & FILE_TYPE_MASK) !== FILE_TYPE.regular) return;
    for (const { logical, physical, count } of plan.placements[i]?.extents ?? []) {
      const bytes = count * BLOCK_SIZE;
      for (let done = 0; done < bytes; done += JOB_BYTES) {
        const length = Math.min(JOB_BYTES, bytes - done);
        add(node.path, logical * BLOCK_SIZE + done, physical * BLOCK_SIZE + done, length, size);
      }
    }
  });
  return jobs;
}
