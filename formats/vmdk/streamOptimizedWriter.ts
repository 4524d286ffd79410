import { SECTOR_BYTES } from "../blockSource";
import { GRAIN_BYTES } from "../deflate/grainCompressor";
import { planCompression, type CompressorUsed, type DiskCompression } from "../grains/compressDisk";
import type { WindowResult } from "../grains/pipeline";
import { WINDOW_GRAINS } from "../grains/windows";
import { diskIdentity, encodeDescriptor, type AdapterType } from "./descriptor";
import {
  directoryEntries,
  encodeHeader,
  encodeMarker,
  ENTRIES_PER_TABLE,
  MARKER,
  MAX_CAPACITY,
  OVERHEAD_SECTORS,
  sectorsFor,
  TABLE_BYTES,
} from "./layout";

/** What {@link writeStreamOptimized} writes and how. */
export interface StreamOptimizedOptions extends DiskCompression {
  /** Any text; the image's UUID and content id are derived from it. */
  readonly seed: string;
  /** Controller named in the descriptor; `lsilogic` by default, as VirtualBox and VMware export. */
  readonly adapterType?: AdapterType;
}

/**
 * Takes the next bytes of the file. The chunk is only valid until the returned promise resolves
 * (or until the function returns, when it returns none): copy what must live longer.
 */
export type ChunkWriter = (chunk: Buffer) => void | Promise<void>;

/** What was written. */
export interface StreamOptimizedResult extends CompressorUsed {
  /** Length of the file, a multiple of 512. */
  readonly bytes: number;
  /** Size of the disk in bytes. */
  readonly capacity: number;
  /** Bytes of the disk that are stored, whole grains (`ovf:populatedSize`). */
  readonly populatedBytes: number;
  /** UUID of the image. */
  readonly uuid: string;
  /** Content id. */
  readonly cid: string;
}

/**
 * Writes a disk as a streamOptimized VMDK, from the first byte to the last ("Virtual Disk Format
 * 5.0", section "Stream-Optimized Compressed Sparse Extents"; layout in `layout.ts`).
 *
 * Holes of the source are not read, grains of zeros not stored. The same disk, seed, adapter type
 * and compressor give the same bytes, whatever the number of threads.
 *
 * @throws Error when the disk is empty or larger than 2 TiB, its content does not fit the format,
 *   or a read, a thread or `write` fails; all threads have ended then
 */
export async function writeStreamOptimized(
  options: StreamOptimizedOptions,
  write: ChunkWriter,
): Promise<StreamOptimizedResult> {
  const { seed, adapterType = "lsilogic" } = options;
  const { capacity } = options.source;
  if (capacity <= 0 || capacity % SECTOR_BYTES !== 0 || capacity > MAX_CAPACITY) {
    throw new Error(
      `The disk has ${capacity} bytes; a VMDK holds a multiple of ${SECTOR_BYTES}, ` +
        `from ${SECTOR_BYTES} to ${MAX_CAPACITY} (2 TiB).`,
    );
  }
  const { compressor, threads, run } = planCompression(options, "vmdk");
  const identity = diskIdentity(seed);
  const file = new StreamOptimizedFile(capacity, write);
  await file.begin(encodeDescriptor(capacity, adapterType, identity));
  await run((result) => file.append(result));
  const { bytes, populatedBytes } = await file.end();
  return { bytes, capacity, populatedBytes, ...identity, compressor, threads };
}

/** Keeps the position in the file, the current grain table and the directory. */
class StreamOptimizedFile {
  private sector = 0;
  private storedGrains = 0;
  private readonly directory: Uint32Array;
  private readonly table = Buffer.alloc(TABLE_BYTES);
  private tableNumber = -1;

  constructor(
    private readonly capacity: number,
    private readonly write: ChunkWriter,
  ) {
    this.directory = new Uint32Array(directoryEntries(capacity));
  }

  async begin(descriptor: Buffer): Promise<void> {
    const head = Buffer.alloc(OVERHEAD_SECTORS * SECTOR_BYTES);
    encodeHeader(this.capacity, undefined).copy(head);
    descriptor.copy(head, SECTOR_BYTES);
    await this.put(head);
  }

  async append(result: WindowResult): Promise<void> {
    if (result.bytes === 0) return;
    const windowsPerTable = ENTRIES_PER_TABLE / WINDOW_GRAINS;
    const table = Math.floor(result.window.index / windowsPerTable);
    if (table !== this.tableNumber) {
      await this.endTable();
      this.tableNumber = table;
    }
    const firstEntry = (result.window.index % windowsPerTable) * WINDOW_GRAINS;
    let sector = this.sector;
    for (const [grain, bytes] of result.grainBytes.entries()) {
      if (bytes === 0) continue;
      if (sector > 0xffffffff) throw this.tooLong();
      this.table.writeUInt32LE(sector, (firstEntry + grain) * 4);
      sector += bytes / SECTOR_BYTES;
      this.storedGrains += 1;
    }
    await this.put(result.chunk);
  }

  /** Writes the last table, the directory, the footer and the end-of-stream marker. */
  async end(): Promise<{ bytes: number; populatedBytes: number }> {
    await this.endTable();
    const directory = Buffer.alloc(sectorsFor(this.directory.length * 4) * SECTOR_BYTES);
    this.directory.forEach((sector, index) => directory.writeUInt32LE(sector, index * 4));
    const directorySector = this.sector + 1;
    await this.put(
      Buffer.concat([
        encodeMarker(MARKER.grainDirectory, directory.length / SECTOR_BYTES),
        directory,
        encodeMarker(MARKER.footer, 1),
        encodeHeader(this.capacity, directorySector),
        encodeMarker(MARKER.endOfStream, 0),
      ]),
    );
    return {
      bytes: this.sector * SECTOR_BYTES,
      populatedBytes: Math.min(this.storedGrains * GRAIN_BYTES, this.capacity),
    };
  }

  private async endTable(): Promise<void> {
    if (this.tableNumber === -1) return;
    const marker = encodeMarker(MARKER.grainTable, TABLE_BYTES / SECTOR_BYTES);
    if (this.sector + 1 > 0xffffffff) throw this.tooLong();
    this.directory[this.tableNumber] = this.sector + 1;
    const chunk = Buffer.concat([marker, this.table]);
    this.table.fill(0);
    await this.put(chunk);
  }

  private async put(chunk: Buffer): Promise<void> {
    this.sector += chunk.length / SECTOR_BYTES;
    await this.write(chunk);
  }

  private tooLong(): Error {
    return new Error(
      `The compressed disk outgrew ${2 ** 32} sectors (2 TiB), the most a VMDK can address.`,
    );
  }
}
