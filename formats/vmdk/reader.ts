import { checkRange, type BlockSource, type Extent } from "../blockSource";
import { GRAIN_BYTES } from "../deflate/grainCompressor";
import { openByteRange, type ByteRange } from "../byteRange";
import { GrainReader } from "./grainReader";
import { ENTRIES_PER_TABLE } from "./layout";
import { readStructure, readTable } from "./structure";

/** A disk read from a VMDK. */
export interface VmdkDisk extends BlockSource {
  /** Lines `key=value` of the text descriptor, for example `ddb.uuid.image`. */
  readonly descriptor: ReadonlyMap<string, string>;
}

/** Decompressed grains kept for reads that are smaller than a grain. */
const CACHED_GRAINS = 32;

/**
 * Opens a streamOptimized VMDK, whoever wrote it, for random access. Each grain is checked when it
 * is read; `verifyVmdk` checks the whole file.
 *
 * @param file path of the file, or its bytes, which {@link VmdkDisk.close} closes
 * @throws Error when header, footer, descriptor or grain directory are damaged
 */
export function openVmdk(file: string | ByteRange): VmdkDisk {
  const range = typeof file === "string" ? openByteRange(file) : file;
  try {
    return openDisk(range);
  } catch (error) {
    range.close();
    throw error;
  }
}

function openDisk(range: ByteRange): VmdkDisk {
  const { header, descriptor, directory } = readStructure(range);
  const { capacity } = header;
  const grains = new GrainReader(range);
  const cache = new Map<number, Buffer>();
  let tableNumber = -1;
  let table: Uint32Array = new Uint32Array(ENTRIES_PER_TABLE);

  const sectorOf = (grain: number): number => {
    const number = Math.floor(grain / ENTRIES_PER_TABLE);
    if (number !== tableNumber) {
      const sector = directory[number] ?? 0;
      table = sector > 1 ? readTable(range, sector) : new Uint32Array(ENTRIES_PER_TABLE);
      tableNumber = number;
    }
    const sector = table[grain % ENTRIES_PER_TABLE] ?? 0;
    return sector > 1 ? sector : 0;
  };

  /** Content of a grain; undefined for zeros. */
  const contentOf = (grain: number): Buffer | undefined => {
    const cached = cache.get(grain);
    if (cached) return cached;
    const sector = sectorOf(grain);
    if (sector === 0) return undefined;
    const oldest = cache.size < CACHED_GRAINS ? undefined : cache.entries().next().value;
    if (oldest) cache.delete(oldest[0]);
    const content = oldest?.[1] ?? Buffer.alloc(GRAIN_BYTES);
    grains.read(sector, grain, content);
    cache.set(grain, content);
    return content;
  };

  return {
    capacity,
    descriptor,
    dataExtents() {
      const extents: { offset: number; length: number }[] = [];
      for (const [number, tableSector] of directory.entries()) {
        if (tableSector <= 1) continue;
        for (let entry = 0; entry < ENTRIES_PER_TABLE; entry += 1) {
          const grain = number * ENTRIES_PER_TABLE + entry;
          const offset = grain * GRAIN_BYTES;
          if (offset >= capacity || sectorOf(grain) === 0) continue;
          const length = Math.min(GRAIN_BYTES, capacity - offset);
          const last = extents.at(-1);
          if (last && last.offset + last.length === offset) last.length += length;
          else extents.push({ offset, length });
        }
      }
      return extents satisfies Extent[];
    },
    readSync(buffer, position) {
      checkRange(capacity, position, buffer.length);
      let done = 0;
      while (done < buffer.length) {
        const grain = Math.floor((position + done) / GRAIN_BYTES);
        const within = (position + done) % GRAIN_BYTES;
        const length = Math.min(GRAIN_BYTES - within, buffer.length - done);
        const content = contentOf(grain);
        if (content) content.copy(buffer, done, within, within + length);
        else buffer.fill(0, done, done + length);
        done += length;
      }
    },
    close() {
      grains.close();
      range.close();
    },
  };
}
