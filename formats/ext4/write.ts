import { createHash } from "node:crypto";
import { writeSync } from "node:fs";
import { copyAll } from "./copy";
import type { Progress } from "./copy";
import { copyJobs } from "./copyJobs";
import { CONTROL, shareJobs } from "./copyLoop";
import type { CopyState } from "./copyLoop";
import type { InodeItem } from "./inventory";
import { encodeMetadata } from "./metadata";
import type { Identity } from "./metadata";
import type { PlacedBytes } from "./placedBytes";
import type { Plan } from "./plan";

/** Writes all of `bytes` at `position`. */
export function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}

/** One line of the content's digest. */
interface Piece {
  readonly offset: number;
  readonly length: number;
  readonly digest: Uint8Array;
}

function metadataPieces(metadata: readonly PlacedBytes[]): Piece[] {
  return metadata.map(({ offset, bytes }) => ({
    offset,
    length: bytes.length,
    digest: createHash("sha256").update(bytes).digest(),
  }));
}

function copiedPieces({ jobs, digests }: CopyState): Piece[] {
  return Array.from({ length: jobs.length / 4 }, (_, i) => ({
    offset: jobs[i * 4] ?? 0,
    length: jobs[i * 4 + 1] ?? 0,
    digest: digests.subarray(i * 32, i * 32 + 32),
  }));
}

/** SHA-256 over "offset length digest" of every written piece, in order of offset. */
function digestOf(pieces: Piece[]): string {
  const hash = createHash("sha256");
  for (const { offset, length, digest } of pieces.sort((a, b) => a.offset - b.offset)) {
    hash.update(`${offset} ${length} ${Buffer.from(digest).toString("hex")}\n`);
  }
  return hash.digest("hex");
}

/**
 * Writes a planned file system at byte `start` of an open, empty, sparse file. Writes nothing that is
 * zero by itself. Returns a SHA-256 that two file systems share exactly when they are the same
 * byte for byte: of the written pieces' own digests, since the pieces are written by several threads.
 */
export async function writeFileSystem(
  fd: number,
  start: number,
  content: { plan: Plan; items: readonly InodeItem[]; identity: Identity },
  progress: Progress,
): Promise<string> {
  const { plan, items, identity } = content;
  const state = shareJobs(copyJobs(plan, items), fd, start);
  const copied = copyAll(state, progress);
  let metadata: PlacedBytes[];
  try {
    metadata = encodeMetadata(plan, items, identity);
    for (const { offset, bytes } of metadata) writeAt(fd, bytes, start + offset);
  } catch (error) {
    Atomics.store(state.control, CONTROL.stop, 1);
    await copied.catch(() => undefined);
    throw error;
  }
  await copied;
  return digestOf([...metadataPieces(metadata), ...copiedPieces(state)]);
}
