import { SECTOR_BYTES } from "../blockSource";
import { GRAIN_BYTES, type GrainCompressor } from "../deflate/grainCompressor";

/**
 * The form in which a disk image holds a compressed grain.
 *
 * - `vmdk`: a marker (first sector of the grain on the disk, length of the stream), the zlib stream
 *   (RFC 1950), zeros up to a whole sector ("Virtual Disk Format 5.0", "Compressed Grain")
 * - `qcow2`: the bare deflate stream (RFC 1951), to be followed directly by the next (QEMU,
 *   docs/interop/qcow2.txt, "Compressed Clusters Descriptor")
 */
export type GrainFraming = "vmdk" | "qcow2";

/** Bytes of a VMDK's grain marker before the zlib stream: LBA (8) and length of the stream (4). */
export const GRAIN_MARKER_BYTES = 12;

/** What zlib puts around a deflate stream: its header before, a checksum after (RFC 1950, section 2.2). */
const ZLIB_HEADER_BYTES = 2;
const ZLIB_TRAILER_BYTES = 4;

/**
 * Compresses a grain into its form in the file.
 *
 * @param grain number of the grain on the disk
 * @param place where it goes: a grain and one sector long
 * @returns the bytes it takes there
 */
export function frameGrain(
  framing: GrainFraming,
  grain: number,
  content: Buffer,
  compressor: GrainCompressor,
  place: Buffer,
): number {
  switch (framing) {
    case "vmdk": {
      const stream = compressor.compress(content, place.subarray(GRAIN_MARKER_BYTES));
      place.writeBigUInt64LE(BigInt(grain * (GRAIN_BYTES / SECTOR_BYTES)), 0);
      place.writeUInt32LE(stream, 8);
      const end = GRAIN_MARKER_BYTES + stream;
      const bytes = Math.ceil(end / SECTOR_BYTES) * SECTOR_BYTES;
      place.fill(0, end, bytes);
      return bytes;
    }
    case "qcow2": {
      const stream = compressor.compress(content, place);
      place.copyWithin(0, ZLIB_HEADER_BYTES, stream - ZLIB_TRAILER_BYTES);
      return stream - ZLIB_HEADER_BYTES - ZLIB_TRAILER_BYTES;
    }
  }
}
