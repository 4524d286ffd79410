/** Bytes of one grain: the unit that is compressed on its own. */
export const GRAIN_BYTES = 65536;

/**
 * How hard to compress.
 *
 * - `fast`: the speed of the disk; about a tenth larger than `default`.
 * - `default`: no larger than zlib level 6, at about three times its speed.
 * - `best`: the smallest; about 3 % or more below zlib level 6, at a quarter of its speed.
 */
export type Compression = "fast" | "default" | "best";

/** Compresses single grains. Not for use from several threads at once. */
export interface GrainCompressor {
  /** Library and level, for example `libdeflate level 5`. */
  readonly name: string;
  /**
   * Writes `input` as one zlib stream (RFC 1950) to the start of `output`.
   *
   * @returns the length of the stream in bytes
   * @throws Error when the stream does not fit `output`; {@link MAX_STREAM_BYTES} always suffices
   *   for a grain
   */
  compress(input: Uint8Array, output: Uint8Array): number;
  /** Frees the native memory. */
  close(): void;
}

/** Decompresses single grains. Not for use from several threads at once. */
export interface GrainDecompressor {
  /**
   * Fills `output` from the zlib stream (RFC 1950) in `input`.
   *
   * @throws Error when the stream is damaged, shorter or longer than `input`, or does not yield
   *   exactly the length of `output`
   */
  decompress(input: Uint8Array, output: Uint8Array): void;
  /** Frees the native memory. */
  close(): void;
}

/**
 * Room for the zlib stream of any grain. VirtualBox reads a grain into a buffer of the grain, the
 * 12 bytes of its marker and 8 more, rounded up to sectors; nothing written may exceed that.
 */
export const MAX_STREAM_BYTES = GRAIN_BYTES + 512 - 12;

/** The error for a stream that outgrew its buffer. */
export function outgrown(name: string, input: Uint8Array, output: Uint8Array): Error {
  return new Error(
    `${name} could not fit the zlib stream of ${input.length} bytes into ${output.length} bytes.`,
  );
}
