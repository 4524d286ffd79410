import { endianness } from "node:os";
import type { GrainCompressor } from "./grainCompressor";
import { outgrown } from "./grainCompressor";
import { loadKoffi } from "./nativeLibrary";

/** Debian package `libisal2`. */
const LIBRARY = "libisal.so.2";

/**
 * Offsets in bytes of the members of `struct isal_zstream` on a 64-bit machine (ISA-L
 * `igzip_lib.h`, soname 2; the members before `internal_state` are part of its ABI).
 */
const STREAM = {
  nextIn: 0,
  availableIn: 8,
  nextOut: 16,
  availableOut: 24,
  totalOut: 28,
  level: 40,
  levelBufferBytes: 44,
  levelBuffer: 48,
  endOfStream: 56,
  flush: 58,
  wrapper: 60,
} as const;

/** `sizeof(struct isal_zstream)` is 82,384 in 2.30; the rest is reserve for later versions. */
const STREAM_BYTES = 262144;

/** More than `ISAL_DEF_LVL3_EXTRA_LARGE` (610,304), so enough for every level. */
const LEVEL_BUFFER_BYTES = 655360;

/** `IGZIP_ZLIB`: zlib header and trailer around the deflate data. */
const WRAPPER_ZLIB = 3;

const COMP_OK = 0;
const STATELESS_OVERFLOW = -1;

/**
 * Opens ISA-L's one-shot compressor at a level from 0 to 3, or returns undefined where the library
 * is missing or the machine is not a 64-bit little-endian one. The bytes depend on the version of
 * the library and may depend on the processor, for which it picks its inner loops.
 */
export function openIsal(level: number): GrainCompressor | undefined {
  const koffi = loadKoffi();
  if (!koffi || koffi.sizeof("void *") !== 8 || endianness() !== "LE") return undefined;
  let initialize: (stream: Uint8Array) => void;
  let deflate: (stream: Uint8Array) => number;
  try {
    const library = koffi.load(LIBRARY);
    initialize = library.func("isal_deflate_stateless_init", "void", ["void *"]);
    deflate = library.func("isal_deflate_stateless", "int", ["void *"]);
  } catch {
    return undefined;
  }
  const stream = Buffer.alloc(STREAM_BYTES);
  const levelBuffer = Buffer.alloc(LEVEL_BUFFER_BYTES);
  const name = `ISA-L level ${level}`;
  return {
    name,
    compress(input, output) {
      initialize(stream);
      stream.writeBigUInt64LE(BigInt(koffi.address(input)), STREAM.nextIn);
      stream.writeUInt32LE(input.length, STREAM.availableIn);
      stream.writeBigUInt64LE(BigInt(koffi.address(output)), STREAM.nextOut);
      stream.writeUInt32LE(output.length, STREAM.availableOut);
      stream.writeUInt32LE(level, STREAM.level);
      stream.writeUInt32LE(LEVEL_BUFFER_BYTES, STREAM.levelBufferBytes);
      // The address is taken each time: a closure that only knew the number would not keep the
      // buffer from the garbage collector.
      stream.writeBigUInt64LE(BigInt(koffi.address(levelBuffer)), STREAM.levelBuffer);
      stream.writeUInt16LE(1, STREAM.endOfStream);
      stream.writeUInt16LE(0, STREAM.flush);
      stream.writeUInt16LE(WRAPPER_ZLIB, STREAM.wrapper);
      const result = deflate(stream);
      if (result === STATELESS_OVERFLOW) throw outgrown(name, input, output);
      if (result !== COMP_OK) throw new Error(`${name} failed with its error code ${result}.`);
      return stream.readUInt32LE(STREAM.totalOut);
    },
    close: () => undefined,
  };
}
