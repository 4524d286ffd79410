import type { GrainCompressor, GrainDecompressor } from "./grainCompressor";
import { outgrown } from "./grainCompressor";
import { loadKoffi } from "./nativeLibrary";

/** Debian package `libdeflate0`. */
const LIBRARY = "libdeflate.so.0";

type Pointer = number | bigint;
type Compress = (
  compressor: Pointer,
  input: Uint8Array,
  inputBytes: number,
  output: Uint8Array,
  outputBytes: number,
) => number;
type Decompress = (
  decompressor: Pointer,
  input: Uint8Array,
  inputBytes: number,
  output: Uint8Array,
  outputBytes: number,
  consumed: Uint8Array,
  produced: Uint8Array,
) => number;

interface Libdeflate {
  allocCompressor(level: number): Pointer;
  compress: Compress;
  freeCompressor(compressor: Pointer): void;
  allocDecompressor(): Pointer;
  decompress: Decompress;
  freeDecompressor(decompressor: Pointer): void;
}

let bound: Libdeflate | null | undefined;

/** Binds the functions of `libdeflate.h` once a thread; undefined where the library is missing. */
function libdeflate(): Libdeflate | undefined {
  if (bound === undefined) {
    bound = null;
    try {
      bound = bind() ?? null;
    } catch {
      bound = null;
    }
  }
  return bound ?? undefined;
}

function bind(): Libdeflate | undefined {
  const library = loadKoffi()?.load(LIBRARY);
  if (!library) return undefined;
  const buffer = ["void *", "size_t", "void *", "size_t"];
  return {
    allocCompressor: library.func("libdeflate_alloc_compressor", "uintptr_t", ["int"]),
    compress: library.func("libdeflate_zlib_compress", "size_t", ["uintptr_t", ...buffer]),
    freeCompressor: library.func("libdeflate_free_compressor", "void", ["uintptr_t"]),
    allocDecompressor: library.func("libdeflate_alloc_decompressor", "uintptr_t", []),
    decompress: library.func("libdeflate_zlib_decompress_ex", "int", [
      "uintptr_t",
      ...buffer,
      "void *",
      "void *",
    ]),
    freeDecompressor: library.func("libdeflate_free_decompressor", "void", ["uintptr_t"]),
  };
}

/**
 * Opens libdeflate at a level from 1 to 12, or returns undefined where it is missing. The bytes
 * depend on the version of the library, not on the processor.
 */
export function openLibdeflate(level: number): GrainCompressor | undefined {
  const library = libdeflate();
  if (!library) return undefined;
  const compressor = library.allocCompressor(level);
  if (!compressor) throw new Error(`libdeflate has no compression level ${level}.`);
  const name = `libdeflate level ${level}`;
  return {
    name,
    compress(input, output) {
      const bytes = library.compress(compressor, input, input.length, output, output.length);
      if (bytes === 0) throw outgrown(name, input, output);
      return bytes;
    },
    close: () => library.freeCompressor(compressor),
  };
}

/** `enum libdeflate_result`; index is the value. */
const FAILURES = ["", "is damaged", "yields too few bytes", "yields too many bytes"];

/** Opens libdeflate's decompressor, or returns undefined where the library is missing. */
export function openLibdeflateDecompressor(): GrainDecompressor | undefined {
  const library = libdeflate();
  if (!library) return undefined;
  const decompressor = library.allocDecompressor();
  if (!decompressor) throw new Error("libdeflate could not allocate a decompressor.");
  const consumed = Buffer.alloc(8);
  const produced = Buffer.alloc(8);
  return {
    decompress(input, output) {
      const result = library.decompress(
        decompressor,
        input,
        input.length,
        output,
        output.length,
        consumed,
        produced,
      );
      if (result !== 0) throw new Error(`The zlib stream ${FAILURES[result] ?? "is damaged"}.`);
      const taken = Number(consumed.readBigUInt64LE());
      const given = Number(produced.readBigUInt64LE());
      if (taken !== input.length || given !== output.length) {
        throw new Error(
          `The zlib stream is ${taken} bytes long and yields ${given}, ` +
            `it must be ${input.length} and yield ${output.length}.`,
        );
      }
    },
    close: () => library.freeDecompressor(decompressor),
  };
}
