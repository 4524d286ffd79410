import { inflateRawSync } from "node:zlib";
import type { BlockSource } from "../blockSource";
import { openByteRange, type ByteRange } from "../byteRange";
import { messageOf } from "../grains/errors";
import { extentsOf, readGrains } from "../grains/randomAccess";
import { CLUSTER_BYTES, L2_ENTRIES, type CompressedPlace } from "./layout";
import { Qcow2Structure } from "./structure";

/**
 * Opens a qcow2 image with clusters of 64 KiB, whoever wrote it, for random access. Each cluster is checked
 * when it is read; `verifyQcow2` checks the whole file.
 *
 * @param file path of the file, or its bytes, which closing the disk closes
 * @throws Error when header or L1 table are damaged, or the image needs more than itself
 */
export function openQcow2(file: string | ByteRange): BlockSource {
  const range = typeof file === "string" ? openByteRange(file) : file;
  try {
    return openDisk(range);
  } catch (error) {
    range.close();
    throw error;
  }
}

/**
 * Content of a cluster.
 *
 * @throws Error when it lies outside the file, or its stream is damaged or yields too little
 */
export function readCluster(
  structure: Qcow2Structure,
  fileBytes: number,
  place: CompressedPlace | number,
  cluster: number,
): Buffer {
  const where = `The cluster for byte ${cluster * CLUSTER_BYTES} of the disk`;
  if (typeof place === "number") {
    return structure.read(structure.checked(place, where), CLUSTER_BYTES);
  }
  const end = Math.min(place.end, fileBytes);
  if (place.offset >= end) {
    throw new Error(`${where} is said to be at byte ${place.offset} of ${fileBytes}.`);
  }
  let content: Buffer;
  try {
    const stream = structure.read(place.offset, end - place.offset);
    content = inflateRawSync(stream, { maxOutputLength: CLUSTER_BYTES, chunkSize: CLUSTER_BYTES });
  } catch (error) {
    throw new Error(`${where} is damaged: ${messageOf(error)}`, { cause: error });
  }
  if (content.length !== CLUSTER_BYTES) {
    throw new Error(`${where} is damaged: it yields ${content.length} bytes.`);
  }
  return content;
}

function openDisk(range: ByteRange): BlockSource {
  const structure = new Qcow2Structure(range);
  const { capacity } = structure.header;
  let held = { table: -1, places: structure.places(-1) };
  let last: { readonly cluster: number; readonly content: Buffer | undefined } | undefined;

  const placeOf = (cluster: number): CompressedPlace | number | undefined => {
    const table = Math.floor(cluster / L2_ENTRIES);
    if (held.table !== table) held = { table, places: structure.places(table) };
    return held.places[cluster % L2_ENTRIES];
  };
  /** Content of a cluster; undefined for zeros. */
  const contentOf = (cluster: number): Buffer | undefined => {
    if (last?.cluster !== cluster) {
      const place = placeOf(cluster);
      const content =
        place === undefined ? undefined : readCluster(structure, range.length, place, cluster);
      last = { cluster, content };
    }
    return last.content;
  };

  function* storedClusters(): Generator<number> {
    for (const [number, table] of structure.tableOffsets.entries()) {
      if (table === 0) continue;
      for (let entry = 0; entry < L2_ENTRIES; entry += 1) {
        const cluster = number * L2_ENTRIES + entry;
        if (placeOf(cluster) !== undefined) yield cluster;
      }
    }
  }

  return {
    capacity,
    dataExtents: () => extentsOf(storedClusters(), capacity),
    readSync: (buffer, position) => readGrains(buffer, position, capacity, contentOf),
    close: () => range.close(),
  };
}
