import { openByteRange, type ByteRange } from "../byteRange";
import { CLUSTER_BYTES, clustersFor, L2_ENTRIES, REFCOUNTS_PER_BLOCK } from "./layout";
import { readCluster } from "./reader";
import { Qcow2Structure } from "./structure";

/** What a sound qcow2 image holds. */
export interface Qcow2Facts {
  /** Size of the disk in bytes. */
  readonly capacity: number;
  /** Clusters of the disk that are stored. */
  readonly clusters: number;
  /** Length of the file. */
  readonly bytes: number;
}

/**
 * Checks a qcow2 image with clusters of 64 KiB: every table lies in the file, every cluster inflates to its
 * whole content, and each cluster of the file is used as often as its refcount says, as `qemu-img check`
 * does. A flipped bit that leaves a deflate stream valid is not seen: the format has no checksums.
 *
 * @param file path of the file, or its bytes, which are left open
 * @param onProgress called now and then with the clusters checked and to check, in bytes
 * @throws Error that names the first damage and its place
 */
export function verifyQcow2(
  file: string | ByteRange,
  onProgress?: (doneBytes: number, totalBytes: number) => void,
): Qcow2Facts {
  const range = typeof file === "string" ? openByteRange(file) : file;
  try {
    const structure = new Qcow2Structure(range);
    const uses = countUses(structure, range.length, (offset) =>
      onProgress?.(offset, structure.header.capacity),
    );
    compareRefcounts(structure, uses.of);
    const { capacity } = structure.header;
    onProgress?.(capacity, capacity);
    return { capacity, clusters: uses.clusters, bytes: range.length };
  } finally {
    if (typeof file === "string") range.close();
  }
}

/** Follows every table and reads every cluster, counting how often each cluster of the file is used. */
function countUses(
  structure: Qcow2Structure,
  fileBytes: number,
  onTable: (offset: number) => void,
): { readonly of: Uint32Array; readonly clusters: number } {
  const { header, tableOffsets } = structure;
  const of = new Uint32Array(clustersFor(fileBytes));
  const use = (offset: number, end: number): void => {
    for (let at = Math.floor(offset / CLUSTER_BYTES); at < clustersFor(end); at += 1) {
      of[at] = (of[at] ?? 0) + 1;
    }
  };
  use(0, CLUSTER_BYTES);
  use(header.l1Offset, header.l1Offset + header.l1Entries * 8);
  const { refcountTableOffset: refcounts, refcountTableClusters } = header;
  use(refcounts, refcounts + refcountTableClusters * CLUSTER_BYTES);
  for (const block of refcountBlocks(structure)) if (block > 0) use(block, block + CLUSTER_BYTES);
  let clusters = 0;
  for (const [number, table] of tableOffsets.entries()) {
    if (table === 0) continue;
    use(table, table + CLUSTER_BYTES);
    for (const [entry, place] of structure.places(number).entries()) {
      if (place === undefined) continue;
      readCluster(structure, fileBytes, place, number * L2_ENTRIES + entry);
      if (typeof place === "number") use(place, place + CLUSTER_BYTES);
      else use(place.offset, Math.min(place.end, fileBytes));
      clusters += 1;
    }
    onTable(Math.min((number + 1) * L2_ENTRIES * CLUSTER_BYTES, header.capacity));
  }
  return { of, clusters };
}

/** Where the refcount blocks start; 0 for none. */
function refcountBlocks(structure: Qcow2Structure): number[] {
  const { refcountTableOffset, refcountTableClusters } = structure.header;
  return structure
    .entries(refcountTableOffset, (refcountTableClusters * CLUSTER_BYTES) / 8)
    .map((offset, number) =>
      offset === 0n ? 0 : structure.checked(Number(offset), `refcount block ${number}`),
    );
}

function compareRefcounts(structure: Qcow2Structure, uses: Uint32Array): void {
  for (const [number, block] of refcountBlocks(structure).entries()) {
    const first = number * REFCOUNTS_PER_BLOCK;
    if (block === 0 && first >= uses.length) continue;
    const counts = block === 0 ? Buffer.alloc(CLUSTER_BYTES) : structure.read(block, CLUSTER_BYTES);
    for (let index = 0; index < REFCOUNTS_PER_BLOCK; index += 1) {
      const count = counts.readUInt16BE(index * 2);
      const used = uses[first + index] ?? 0;
      if (count === used) continue;
      throw new Error(
        `The qcow2 is damaged: cluster ${first + index} of the file is used ${used} times and its refcount is ${count}.`,
      );
    }
  }
}
