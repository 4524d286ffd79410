import { SECTOR_BYTES } from "../blockSource";
import { openDecompressor } from "../deflate/engines";
import { GRAIN_BYTES, type GrainDecompressor } from "../deflate/grainCompressor";
import type { ByteRange } from "../byteRange";
import { messageOf } from "../grains/errors";
import { GRAIN_MARKER_BYTES } from "../grains/framing";
import { isZero } from "../grains/zeros";
import { GRAIN_SECTORS, sectorsFor } from "./layout";

/** No writer needs more for a grain than twice its content. */
const MAX_STORED_BYTES = 2 * GRAIN_BYTES;
/** Most grains are far shorter: a first read of this much saves the second. */
const FIRST_READ_BYTES = GRAIN_BYTES;

/** Reads and checks single grains of a VMDK. */
export class GrainReader {
  private readonly decompressor: GrainDecompressor = openDecompressor();
  private readonly stored = Buffer.alloc(MAX_STORED_BYTES + SECTOR_BYTES);

  constructor(private readonly file: ByteRange) {}

  /**
   * Decompresses the grain at a sector of the file into `output` ({@link GRAIN_BYTES} long).
   *
   * @param grain number of the grain that must be there
   * @returns sectors that the grain occupies in the file
   * @throws Error when another grain is there, or its stream or padding is damaged
   */
  read(sector: number, grain: number, output: Buffer): number {
    const start = sector * SECTOR_BYTES;
    const where = `The grain for byte ${grain * GRAIN_BYTES} of the disk (sector ${sector})`;
    const first = Math.min(FIRST_READ_BYTES, this.file.length - start);
    if (first < SECTOR_BYTES) {
      throw new Error(`${where} lies outside the file, which has ${this.file.length} bytes.`);
    }
    this.file.readSync(this.stored.subarray(0, first), start);
    const lba = Number(this.stored.readBigUInt64LE(0));
    if (lba !== grain * GRAIN_SECTORS) {
      throw new Error(`${where} is marked as the one for byte ${lba * SECTOR_BYTES}.`);
    }
    const bytes = this.stored.readUInt32LE(8);
    const end = GRAIN_MARKER_BYTES + bytes;
    const sectors = sectorsFor(end);
    if (
      bytes === 0 ||
      end > MAX_STORED_BYTES ||
      start + sectors * SECTOR_BYTES > this.file.length
    ) {
      throw new Error(`${where} claims ${bytes} bytes, more than a grain has or the file holds.`);
    }
    if (sectors * SECTOR_BYTES > first) {
      const rest = this.stored.subarray(first, sectors * SECTOR_BYTES);
      this.file.readSync(rest, start + first);
    }
    try {
      this.decompressor.decompress(this.stored.subarray(GRAIN_MARKER_BYTES, end), output);
    } catch (error) {
      throw new Error(`${where} is damaged: ${messageOf(error)}`, { cause: error });
    }
    if (!isZero(this.stored.subarray(end, sectors * SECTOR_BYTES))) {
      throw new Error(`${where} is damaged: its padding is not zero.`);
    }
    return sectors;
  }

  close(): void {
    this.decompressor.close();
  }
}
