import fc from "fast-check";
import { memorySource, type BlockSource } from "../../formats/blockSource";
import {
  writeStreamOptimized,
  type StreamOptimizedOptions,
  type StreamOptimizedResult,
} from "../../formats/vmdk";

/** A disk as a capacity and its non-zero pieces. */
export interface SparseDisk {
  readonly capacity: number;
  readonly pieces: readonly { readonly offset: number; readonly bytes: Buffer }[];
}

/** Bytes that follow from `seed`: blocks that do not compress between blocks that repeat one byte. */
export function sampleBytes(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  // Numerical Recipes' linear congruential generator; its high bits are random enough here.
  let state = seed >>> 0;
  for (let at = 0; at < length; at += 4) {
    if (at % 512 < 260 || state === 0) state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    if (at + 4 <= length) bytes.writeUInt32LE((state ^ (state >>> 16)) >>> 0, at);
  }
  return bytes;
}

/** Disks up to 40 MiB (so two grain tables occur) with pieces at sector boundaries. */
export const anyDisk: fc.Arbitrary<SparseDisk> = fc
  .record({
    sectors: fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 1, max: 700 }) },
      { weight: 1, arbitrary: fc.integer({ min: 65_000, max: 80_000 }) },
    ),
    pieces: fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        sectors: fc.integer({ min: 1, max: 300 }),
        seed: fc.integer({ min: 0, max: 3 }),
      }),
      { maxLength: 5 },
    ),
  })
  .map(({ sectors, pieces }) => {
    const placed: { offset: number; bytes: Buffer }[] = [];
    let free = 0;
    for (const piece of [...pieces].sort((a, b) => a.at - b.at)) {
      const first = Math.max(free, Math.floor(piece.at * sectors));
      const count = Math.min(piece.sectors, sectors - first);
      if (count <= 0) continue;
      const bytes =
        piece.seed === 0 ? Buffer.alloc(count * 512) : sampleBytes(count * 512, piece.seed);
      placed.push({ offset: first * 512, bytes });
      free = first + count;
    }
    return { capacity: sectors * 512, pieces: placed };
  });

/** The disk as a source in memory. */
export function sourceOf(disk: SparseDisk): BlockSource {
  return memorySource(disk.capacity, disk.pieces);
}

/** All bytes of a source. */
export function contentOf(source: BlockSource): Buffer {
  const content = Buffer.alloc(source.capacity);
  source.readSync(content, 0);
  return content;
}

/** Writes a VMDK to memory, in the calling thread unless told otherwise. */
export async function vmdkOf(
  source: BlockSource,
  options: Partial<StreamOptimizedOptions> = {},
): Promise<{ file: Buffer; result: StreamOptimizedResult }> {
  const chunks: Buffer[] = [];
  const result = await writeStreamOptimized(
    { source, seed: "test", threads: 0, ...options },
    (chunk) => void chunks.push(Buffer.from(chunk)),
  );
  return { file: Buffer.concat(chunks), result };
}
