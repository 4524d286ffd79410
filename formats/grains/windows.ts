import type { BlockSource, Extent } from "../blockSource";
import { SECTOR_BYTES } from "../blockSource";
import { GRAIN_BYTES, type GrainCompressor } from "../deflate/grainCompressor";
import { frameGrain, type GrainFraming } from "./framing";
import { isZero } from "./zeros";

/** Grains of one window, the unit of work of a thread; one bit each in a 32-bit mask. */
export const WINDOW_GRAINS = 32;
export const WINDOW_BYTES = WINDOW_GRAINS * GRAIN_BYTES;

/** Room for a window of incompressible grains: in any framing, each needs one sector more than its content. */
export const WINDOW_OUTPUT_BYTES = WINDOW_GRAINS * (GRAIN_BYTES + SECTOR_BYTES);

/** An aligned stretch of the disk, of which only the grains in `mask` may hold data. */
export interface GrainWindow {
  /** Number of the window: it starts at byte `index * WINDOW_BYTES`. */
  readonly index: number;
  /** Bit n is set when grain n of the window has data. */
  readonly mask: number;
}

/** A window as it goes into the file. */
export interface CompressedWindow {
  /** Bytes used at the start of the output buffer. */
  readonly bytes: number;
  /** Bytes that each grain of the window takes in the file; 0 for a grain of zeros. */
  readonly grainBytes: number[];
}

/** Merges extents to runs of grains `[first, end)`, checking them against the contract. */
export function* grainRuns(
  extents: readonly Extent[],
  capacity: number,
): Generator<{ first: number; end: number }> {
  let run: { first: number; end: number } | undefined;
  let covered = 0;
  for (const { offset, length } of extents) {
    if (offset < covered || length < 0 || offset + length > capacity) {
      throw new Error(
        `The source's data extent at byte ${offset} with ${length} bytes overlaps the one before ` +
          `it (which ends at ${covered}) or the end of the disk (${capacity} bytes).`,
      );
    }
    covered = offset + length;
    if (length === 0) continue;
    const first = Math.floor(offset / GRAIN_BYTES);
    const end = Math.ceil(covered / GRAIN_BYTES);
    if (run && first <= run.end) {
      run.end = end;
    } else {
      if (run) yield run;
      run = { first, end };
    }
  }
  if (run) yield run;
}

/** Cuts the data extents of a disk into windows in ascending order. */
export function* planWindows(extents: readonly Extent[], capacity: number): Generator<GrainWindow> {
  let index = -1;
  let mask = 0;
  for (const run of grainRuns(extents, capacity)) {
    for (let grain = run.first; grain < run.end;) {
      const window = Math.floor(grain / WINDOW_GRAINS);
      if (window !== index) {
        if (mask !== 0) yield { index, mask };
        index = window;
        mask = 0;
      }
      const end = Math.min(run.end, (window + 1) * WINDOW_GRAINS);
      for (; grain < end; grain += 1) mask = (mask | (1 << (grain % WINDOW_GRAINS))) >>> 0;
    }
  }
  if (mask !== 0) yield { index, mask };
}

/** Bytes of the disk from the start of the window to its end or the end of the disk. */
function windowBytes(window: GrainWindow, capacity: number): number {
  return Math.min(WINDOW_BYTES, capacity - window.index * WINDOW_BYTES);
}

/** Whether the window says that grain `grain` (0 to 31) has data. */
export function hasGrain(window: GrainWindow, grain: number): boolean {
  return grain < WINDOW_GRAINS && ((window.mask >>> grain) & 1) === 1;
}

/**
 * Reads the grains with data into their places in `buffer` ({@link WINDOW_BYTES} long), each
 * unbroken run in one request. What lies past the end of the disk becomes zero.
 */
export function readWindow(source: BlockSource, window: GrainWindow, buffer: Buffer): void {
  const available = windowBytes(window, source.capacity);
  buffer.fill(0, available);
  for (let grain = 0; grain < WINDOW_GRAINS; grain += 1) {
    if (!hasGrain(window, grain)) continue;
    const start = grain * GRAIN_BYTES;
    while (hasGrain(window, grain + 1)) grain += 1;
    const end = Math.min((grain + 1) * GRAIN_BYTES, available);
    source.readSync(buffer.subarray(start, end), window.index * WINDOW_BYTES + start);
  }
}

/**
 * Compresses the grains of a window that {@link readWindow} filled into the form in which they go into
 * the file, one after the other. Grains of zeros are left out.
 */
export function compressWindow(
  window: GrainWindow,
  buffer: Buffer,
  compressor: GrainCompressor,
  framing: GrainFraming,
  output: Buffer,
): CompressedWindow {
  const grainBytes = new Array<number>(WINDOW_GRAINS).fill(0);
  let bytes = 0;
  for (let grain = 0; grain < WINDOW_GRAINS; grain += 1) {
    if (!hasGrain(window, grain)) continue;
    const content = buffer.subarray(grain * GRAIN_BYTES, (grain + 1) * GRAIN_BYTES);
    if (isZero(content)) continue;
    const place = output.subarray(bytes, bytes + GRAIN_BYTES + SECTOR_BYTES);
    const taken = frameGrain(
      framing,
      window.index * WINDOW_GRAINS + grain,
      content,
      compressor,
      place,
    );
    grainBytes[grain] = taken;
    bytes += taken;
  }
  return { bytes, grainBytes };
}
