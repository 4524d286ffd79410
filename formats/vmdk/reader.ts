import type { BlockSource } from "../blockSource";
import { GRAIN_BYTES } from "../deflate/grainCompressor";
import { openByteRange, type ByteRange } from "../byteRange";
import { extentsOf, readGrains } from "../grains/randomAccess";
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

  function* storedGrains(): Generator<number> {
    for (const [number, tableSector] of directory.entries()) {
      if (tableSector <= 1) continue;
      for (let entry = 0; entry < ENTRIES_PER_TABLE; entry += 1) {
        const grain = number * ENTRIES_PER_TABLE + entry;
        if (sectorOf(grain) !== 0) yield grain;
      }
    }
  }

  return {
    capacity,
    descriptor,
    dataExtents: () => extentsOf(storedGrains(), capacity),
    readSync: (buffer, position) => readGrains(buffer, position, capacity, contentOf),
    close() {
      grains.close();
      range.close();
    },
  };
}
