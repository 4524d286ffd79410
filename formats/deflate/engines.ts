import { inflateSync } from "node:zlib";
import type { Compression, GrainCompressor, GrainDecompressor } from "./grainCompressor";
import { MAX_STREAM_BYTES } from "./grainCompressor";
import { openIsal } from "./isal";
import { openLibdeflate, openLibdeflateDecompressor } from "./libdeflate";
import { openNodeZlib, openNodeZlibDecompressor } from "./nodeZlib";

/** A library and its level: all that another thread needs to open the same compressor. */
export interface DeflateEngine {
  readonly library: "isal" | "libdeflate" | "zlib";
  readonly level: number;
}

/** What {@link chooseEngine} found. */
export interface EngineChoice {
  readonly engine: DeflateEngine;
  /** Library and level, for example `libdeflate level 5`. */
  readonly name: string;
  /** A sentence for the log when a better library is missing. */
  readonly notice?: string;
}

/**
 * Engines of each setting, best first. Measured with libdeflate 1.14 and ISA-L 2.30 on the grains
 * of a Debian root, one thread, zlib 6 giving 34.41 % at 36 MB/s: ISA-L 2 37.49 % at 500;
 * libdeflate 1 36.58 % at 233, 5 34.17 % at 109, 6 34.01 % at 90, 12 32.90 % at 9; zlib 1 37.16 %
 * at 102, 9 34.21 % at 6.
 */
const CANDIDATES: Record<Compression, readonly DeflateEngine[]> = {
  fast: [
    { library: "isal", level: 2 },
    { library: "libdeflate", level: 1 },
    { library: "zlib", level: 1 },
  ],
  default: [
    { library: "libdeflate", level: 5 },
    { library: "zlib", level: 6 },
  ],
  best: [
    { library: "libdeflate", level: 12 },
    { library: "zlib", level: 9 },
  ],
};

const PACKAGES = { isal: "ISA-L (libisal2)", libdeflate: "libdeflate (libdeflate0)", zlib: "zlib" };

/** Opens one engine; undefined where its library is missing. */
export function openEngine(engine: DeflateEngine): GrainCompressor | undefined {
  switch (engine.library) {
    case "isal":
      return openIsal(engine.level);
    case "libdeflate":
      return openLibdeflate(engine.level);
    case "zlib":
      return openNodeZlib(engine.level);
  }
}

/**
 * Chooses the library for a setting: the first that loads here and whose output a different
 * implementation reads back. Output is deterministic for one version of the chosen library (for
 * ISA-L, on one kind of processor); other libraries give the same format with other bytes.
 *
 * @param compression the setting
 * @param open replaces the loader, for tests
 */
export function chooseEngine(
  compression: Compression,
  open: (engine: DeflateEngine) => GrainCompressor | undefined = openEngine,
): EngineChoice {
  const candidates = CANDIDATES[compression];
  for (const [rank, engine] of candidates.entries()) {
    const compressor = open(engine);
    if (!compressor) continue;
    try {
      if (!readsBack(compressor)) continue;
    } finally {
      compressor.close();
    }
    const missing = candidates.slice(0, rank).map((better) => PACKAGES[better.library]);
    const choice = { engine, name: compressor.name };
    if (missing.length === 0) return choice;
    const notice =
      `${missing.join(" and ")} cannot be used on this machine: compressing with ` +
      `${compressor.name} instead, the same format but slower.`;
    return { ...choice, notice };
  }
  throw new Error(`No library for the compression setting "${compression}" works here.`);
}

/** Guards against a library whose structures are not laid out as expected. */
function readsBack(compressor: GrainCompressor): boolean {
  const sample = Buffer.from("sample of disk content, ".repeat(400));
  const output = Buffer.alloc(MAX_STREAM_BYTES);
  try {
    const bytes = compressor.compress(sample, output);
    return inflateSync(output.subarray(0, bytes)).equals(sample);
  } catch {
    return false;
  }
}

/** Opens the fastest decompressor at hand. */
export function openDecompressor(): GrainDecompressor {
  return openLibdeflateDecompressor() ?? openNodeZlibDecompressor();
}
