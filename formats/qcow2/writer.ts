import { SECTOR_BYTES } from "../blockSource";
import { GRAIN_BYTES } from "../deflate/grainCompressor";
import { planCompression, type CompressorUsed, type DiskCompression } from "../grains/compressDisk";
import type { WindowResult } from "../grains/pipeline";
import { WINDOW_GRAINS } from "../grains/windows";
import type { ImageSink } from "../imageSink";
import {
  CLUSTER_BYTES,
  clustersFor,
  compressedEntry,
  encodeHeader,
  L2_ENTRIES,
  l1Entries,
  MAX_CAPACITY,
  REFCOUNTS_PER_BLOCK,
  tableEntry,
} from "./layout";

/** What was written. */
export interface Qcow2Result extends CompressorUsed {
  /** Length of the file, a multiple of 64 KiB. */
  readonly bytes: number;
  /** Size of the disk in bytes. */
  readonly capacity: number;
  /** Bytes of the disk that are stored, whole clusters. */
  readonly populatedBytes: number;
}

/**
 * Writes a disk as a qcow2 image with compressed clusters (QEMU, docs/interop/qcow2.txt; layout in
 * `layout.ts`), in one pass but for the header and the L1 table: their room is left at the beginning and
 * filled at the end.
 *
 * Holes of the source are not read, clusters of zeros not stored. The same disk and compressor give the
 * same bytes, whatever the number of threads. Needs 64 KiB of memory for each 512 MiB of the disk that
 * hold data.
 *
 * @throws Error when the disk is empty or larger than 2 TiB, or a read, a thread or `sink` fails; all
 *   threads have ended then
 */
export async function writeQcow2(options: DiskCompression, sink: ImageSink): Promise<Qcow2Result> {
  const { capacity } = options.source;
  if (capacity <= 0 || capacity % SECTOR_BYTES !== 0 || capacity > MAX_CAPACITY) {
    throw new Error(
      `The disk has ${capacity} bytes; a qcow2 is made of a multiple of ${SECTOR_BYTES}, ` +
        `from ${SECTOR_BYTES} to ${MAX_CAPACITY} (2 TiB).`,
    );
  }
  const { compressor, threads, run } = planCompression(options, "qcow2");
  const file = new Qcow2File(capacity, sink);
  await file.begin();
  await run((result) => file.append(result));
  const { bytes, populatedBytes } = await file.end();
  return { bytes, capacity, populatedBytes, compressor, threads };
}

/** Keeps the position in the file, the L2 tables and how often each cluster of the file is used. */
class Qcow2File {
  private position = 0;
  private storedClusters = 0;
  private readonly tables = new Map<number, Buffer>();
  private refcounts = new Uint16Array(1024);
  private readonly headClusters: number;

  constructor(
    private readonly capacity: number,
    private readonly sink: ImageSink,
  ) {
    this.headClusters = 1 + clustersFor(l1Entries(capacity) * 8);
  }

  async begin(): Promise<void> {
    await this.putClusters(Buffer.alloc(this.headClusters * CLUSTER_BYTES));
  }

  async append({ window, bytes, grainBytes, chunk }: WindowResult): Promise<void> {
    if (bytes === 0) return;
    const first = window.index * WINDOW_GRAINS;
    const table = this.tableOf(Math.floor(first / L2_ENTRIES));
    let offset = this.position;
    for (const [grain, length] of grainBytes.entries()) {
      if (length === 0) continue;
      const entry = compressedEntry(offset, length);
      table.writeBigUInt64BE(entry, ((first + grain) % L2_ENTRIES) * 8);
      this.use(offset, length);
      offset += length;
      this.storedClusters += 1;
    }
    await this.put(chunk);
  }

  /** Writes what tells where everything is: L2 tables and refcounts, then header and L1 table. */
  async end(): Promise<{ bytes: number; populatedBytes: number }> {
    const rest = this.position % CLUSTER_BYTES;
    if (rest > 0) await this.put(Buffer.alloc(CLUSTER_BYTES - rest));
    const head = Buffer.alloc(this.headClusters * CLUSTER_BYTES);
    for (const [number, table] of this.tables) {
      head.writeBigUInt64BE(tableEntry(this.position), CLUSTER_BYTES + number * 8);
      await this.putClusters(table);
    }
    const refcountTableOffset = this.position;
    const refcountTableClusters = await this.putRefcounts();
    const { capacity } = this;
    encodeHeader({
      capacity,
      l1Entries: l1Entries(capacity),
      l1Offset: CLUSTER_BYTES,
      refcountTableOffset,
      refcountTableClusters,
    }).copy(head);
    await this.sink.rewrite(0, head);
    const populatedBytes = Math.min(this.storedClusters * GRAIN_BYTES, capacity);
    return { bytes: this.position, populatedBytes };
  }

  /** The refcounts count their own clusters too. Returns the clusters of the refcount table. */
  private async putRefcounts(): Promise<number> {
    const before = this.position / CLUSTER_BYTES;
    let blocks = 0;
    let tableClusters = 1;
    for (let needed = 1; needed !== blocks;) {
      blocks = needed;
      tableClusters = clustersFor(blocks * 8);
      needed = Math.ceil((before + tableClusters + blocks) / REFCOUNTS_PER_BLOCK);
    }
    this.use(this.position, (tableClusters + blocks) * CLUSTER_BYTES);
    const content = Buffer.alloc((tableClusters + blocks) * CLUSTER_BYTES);
    const firstBlock = tableClusters * CLUSTER_BYTES;
    for (let block = 0; block < blocks; block += 1) {
      const offset = this.position + firstBlock + block * CLUSTER_BYTES;
      content.writeBigUInt64BE(BigInt(offset), block * 8);
    }
    const clusters = before + tableClusters + blocks;
    for (let cluster = 0; cluster < clusters; cluster += 1) {
      content.writeUInt16BE(this.refcounts[cluster] ?? 0, firstBlock + cluster * 2);
    }
    await this.put(content);
    return tableClusters;
  }

  private tableOf(number: number): Buffer {
    const known = this.tables.get(number);
    if (known) return known;
    const table = Buffer.alloc(CLUSTER_BYTES);
    this.tables.set(number, table);
    return table;
  }

  /** Counts one use more of every cluster of the file that a range touches. */
  private use(offset: number, bytes: number): void {
    const end = clustersFor(offset + bytes);
    if (end > this.refcounts.length) {
      const grown = new Uint16Array(Math.max(end, this.refcounts.length * 2));
      grown.set(this.refcounts);
      this.refcounts = grown;
    }
    for (let cluster = Math.floor(offset / CLUSTER_BYTES); cluster < end; cluster += 1) {
      this.refcounts[cluster] = (this.refcounts[cluster] ?? 0) + 1;
    }
  }

  private putClusters(content: Buffer): Promise<void> {
    this.use(this.position, content.length);
    return this.put(content);
  }

  private async put(chunk: Buffer): Promise<void> {
    this.position += chunk.length;
    await this.sink.append(chunk);
  }
}
