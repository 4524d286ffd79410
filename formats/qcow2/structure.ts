import type { ByteRange } from "../byteRange";
import {
  CLUSTER_BYTES,
  decodeEntry,
  decodeHeader,
  decodeTableEntry,
  L2_ENTRIES,
  type CompressedPlace,
  type Qcow2Header,
} from "./layout";

/** The tables of an image. */
export class Qcow2Structure {
  public readonly header: Qcow2Header;
  /** Where the L2 table of each 512 MiB of the disk starts; 0 for none. */
  public readonly tableOffsets: readonly number[];

  /** @throws Error when the header is damaged or the L1 table leads out of the file */
  constructor(private readonly file: ByteRange) {
    if (file.length < CLUSTER_BYTES) {
      throw new Error(`The qcow2 is cut short: it has ${file.length} bytes, less than a cluster.`);
    }
    this.header = decodeHeader(this.read(0, CLUSTER_BYTES));
    const { l1Offset, l1Entries } = this.header;
    this.tableOffsets = this.entries(l1Offset, l1Entries).map((entry, number) =>
      this.checked(decodeTableEntry(entry), `L2 table ${number}`),
    );
  }

  /** Bytes of the file. */
  public read(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    this.file.readSync(bytes, offset);
    return bytes;
  }

  /** The 64-bit numbers of a table. */
  public entries(offset: number, count: number): bigint[] {
    const bytes = this.read(offset, count * 8);
    return Array.from({ length: count }, (_, index) => bytes.readBigUInt64BE(index * 8));
  }

  /** Where the clusters of one L2 table are, undefined for zeros; an empty list for no table. */
  public places(number: number): (CompressedPlace | number | undefined)[] {
    const offset = this.tableOffsets[number] ?? 0;
    return offset === 0 ? [] : this.entries(offset, L2_ENTRIES).map(decodeEntry);
  }

  /** @throws Error when there is no whole cluster of the file at `offset` */
  public checked(offset: number, what: string): number {
    if (offset % CLUSTER_BYTES === 0 && offset + CLUSTER_BYTES <= this.file.length) return offset;
    throw new Error(
      `The qcow2 is damaged: ${what} is said to be at byte ${offset} of ${this.file.length}.`,
    );
  }
}
