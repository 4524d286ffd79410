import { availableParallelism } from "node:os";
import type { BlockSource } from "../blockSource";
import { chooseEngine, type DeflateEngine } from "../deflate/engines";
import { GRAIN_BYTES, type Compression } from "../deflate/grainCompressor";
import type { GrainFraming } from "./framing";
import { compressWindows, type WindowConsumer } from "./pipeline";
import { grainRuns, planWindows, WINDOW_GRAINS } from "./windows";

/** How a disk is compressed, whatever the format of the image. */
export interface DiskCompression {
  /** The disk; it stays open. */
  readonly source: BlockSource;
  /** Trade of speed against size; `default` by default. */
  readonly compression?: Compression;
  /** An engine in place of the one that `compression` chooses. */
  readonly engine?: DeflateEngine;
  /**
   * Worker threads, 0 for none: all in the calling thread. By default one a core, none for disks
   * too small to be worth it. Does not change the bytes.
   */
  readonly threads?: number;
  /** Called after each piece with the bytes of data read and to read (holes are not counted). */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  /** Takes one line: which compressor on how many threads, and what is missing for a better one. */
  readonly log?: (line: string) => void;
}

/** What compressed a disk. */
export interface CompressorUsed {
  /** Library and level, for example `libdeflate level 5`. */
  readonly compressor: string;
  readonly threads: number;
}

/** Below this many windows with data, starting threads costs more than it saves. */
const WINDOWS_WORTH_THREADS = 8;

/** A disk whose compression has been decided, with what there is to do known. */
export interface PlannedCompression extends CompressorUsed {
  /** Compresses all of the disk's data and hands it over in the order of the disk. */
  readonly run: (consume: WindowConsumer) => Promise<void>;
}

/**
 * Chooses engine and threads for a disk and says so.
 *
 * @throws Error when the source's extents overlap or leave the disk, or the threads are no number
 */
export function planCompression(
  options: DiskCompression,
  framing: GrainFraming,
): PlannedCompression {
  const { source, onProgress, log } = options;
  const choice = chooseEngine(options.compression ?? "default");
  const engine = options.engine ?? choice.engine;
  const extents = source.dataExtents();
  let grains = 0;
  for (const run of grainRuns(extents, source.capacity)) grains += run.end - run.first;
  const threads = threadCount(options.threads, Math.ceil(grains / WINDOW_GRAINS));
  const compressor = options.engine ? `${engine.library} level ${engine.level}` : choice.name;
  const totalBytes = grains * GRAIN_BYTES;
  log?.(
    `Compressing ${Math.round(totalBytes / 1e6)} MB with ${compressor} on ` +
      `${threads === 0 ? "the main thread" : `${threads} threads`}.` +
      (choice.notice && !options.engine ? ` ${choice.notice}` : ""),
  );
  const run = async (consume: WindowConsumer): Promise<void> => {
    let doneGrains = 0;
    onProgress?.(0, totalBytes);
    const windows = planWindows(extents, source.capacity);
    await compressWindows(source, windows, { engine, framing }, threads, async (result) => {
      await consume(result);
      for (let mask = result.window.mask; mask !== 0; mask = (mask & (mask - 1)) >>> 0) {
        doneGrains += 1;
      }
      onProgress?.(doneGrains * GRAIN_BYTES, totalBytes);
    });
  };
  return { compressor, threads, run };
}

function threadCount(wanted: number | undefined, windows: number): number {
  if (wanted === undefined) {
    return windows < WINDOWS_WORTH_THREADS ? 0 : Math.min(availableParallelism(), windows);
  }
  if (!Number.isInteger(wanted) || wanted < 0) {
    throw new Error(`The number of threads is ${wanted}; it must be a whole number, 0 or more.`);
  }
  return wanted;
}
