import { SECTOR_BYTES } from "../blockSource";
import { GRAIN_BYTES } from "../deflate/grainCompressor";
import { openByteRange, type ByteRange } from "../byteRange";
import { isZero } from "../grains/zeros";
import { GrainReader } from "./grainReader";
import {
  decodeMarker,
  ENTRIES_PER_TABLE,
  GRAIN_SECTORS,
  MARKER,
  sectorsFor,
  TABLE_BYTES,
} from "./layout";
import { readSectors, readStructure, readTable, type VmdkStructure } from "./structure";

/** What a sound VMDK holds. */
export interface VmdkFacts {
  /** Size of the disk in bytes. */
  readonly capacity: number;
  /** Grains stored in the file. */
  readonly grains: number;
  /** Length of the file. */
  readonly bytes: number;
  /** Lines `key=value` of the text descriptor. */
  readonly descriptor: ReadonlyMap<string, string>;
}

/**
 * Checks a streamOptimized VMDK from its first byte to its last: every sector is accounted for,
 * every grain decompresses to its checksum (Adler-32, RFC 1950), header and footer agree, grain
 * tables and directory name exactly the grains that are there, padding is zero. What no check can
 * see is another value in the descriptor's free texts (CID, UUIDs, geometry).
 *
 * A file without footer, as qemu-img writes it, is checked along its tables instead.
 *
 * @param file path of the file, or its bytes, which are left open
 * @param onProgress called now and then with the bytes checked and the length of the file
 * @throws Error that names the first damage and its place
 */
export function verifyVmdk(
  file: string | ByteRange,
  onProgress?: (doneBytes: number, totalBytes: number) => void,
): VmdkFacts {
  const range = typeof file === "string" ? openByteRange(file) : file;
  const reader = new GrainReader(range);
  try {
    const structure = readStructure(range);
    const report = (sector: number): void => onProgress?.(sector * SECTOR_BYTES, range.length);
    const grains = structure.hasFooter
      ? walkStream(range, structure, reader, report)
      : followTables(range, structure, reader, report);
    onProgress?.(range.length, range.length);
    const { header, descriptor } = structure;
    return { capacity: header.capacity, grains, bytes: range.length, descriptor };
  } finally {
    reader.close();
    if (typeof file === "string") range.close();
  }
}

/** Reads a file with footer in the order it was written and compares it with its directory. */
function walkStream(
  file: ByteRange,
  structure: VmdkStructure,
  reader: GrainReader,
  report: (sector: number) => void,
): number {
  const { header, directory, directorySector } = structure;
  checkHead(file, structure);
  /** Sectors of the grains seen, of tables that have not come yet. */
  const seen = new Map<number, Uint32Array>();
  const tablesSeen = new Set<number>();
  const tableAt = new Map<number, number>();
  for (const [number, sector] of directory.entries()) if (sector) tableAt.set(sector, number);
  const content = Buffer.alloc(GRAIN_BYTES);
  const afterFooter = file.length / SECTOR_BYTES - 3;
  let sector = header.overheadSectors;
  let lastGrain = -1;
  let grains = 0;
  let directorySeen = false;
  while (sector < afterFooter) {
    const start = readSectors(file, sector, 1);
    const marker = decodeMarker(start, sector);
    if (!marker) {
      const grain = Number(start.readBigUInt64LE(0)) / GRAIN_SECTORS;
      if (!Number.isInteger(grain) || grain <= lastGrain) {
        throw new Error(
          `The grain at sector ${sector} is marked as grain ${grain}, after grain ${lastGrain}.`,
        );
      }
      const length = reader.read(sector, grain, content);
      checkLastGrain(content, grain, header.capacity);
      const number = Math.floor(grain / ENTRIES_PER_TABLE);
      const entries = seen.get(number) ?? new Uint32Array(ENTRIES_PER_TABLE);
      entries[grain % ENTRIES_PER_TABLE] = sector;
      seen.set(number, entries);
      lastGrain = grain;
      grains += 1;
      sector += length;
    } else if (marker.type === MARKER.grainTable) {
      checkMarker(marker.sectors, TABLE_BYTES / SECTOR_BYTES, "grain table", sector);
      const number = tableAt.get(sector + 1);
      if (number === undefined) {
        throw new Error(`The grain directory does not name the grain table at sector ${sector}.`);
      }
      const expected = seen.get(number) ?? new Uint32Array(ENTRIES_PER_TABLE);
      compareTables(expected, readTable(file, sector + 1), number);
      seen.delete(number);
      tablesSeen.add(number);
      sector += 1 + marker.sectors;
    } else if (marker.type === MARKER.grainDirectory) {
      const sectors = sectorsFor(directory.length * 4);
      checkMarker(marker.sectors, sectors, "grain directory", sector);
      const padding = readSectors(file, sector + 1, sectors).subarray(directory.length * 4);
      if (directorySeen || sector + 1 !== directorySector || !isZero(padding)) {
        throw new Error(
          `The grain directory at sector ${sector} is damaged or not the one that the footer ` +
            `names (sector ${directorySector - 1}).`,
        );
      }
      directorySeen = true;
      sector += 1 + sectors;
    } else {
      throw new Error(`An end-of-stream or footer marker stands at sector ${sector}, too early.`);
    }
    report(sector);
  }
  checkEnd(file, sector, afterFooter);
  if (!directorySeen) throw new Error("The VMDK has no grain directory where its footer says.");
  for (const [number] of seen) throw new Error(`Grain table ${number} of the VMDK is missing.`);
  for (const number of tableAt.values()) {
    if (!tablesSeen.has(number)) {
      throw new Error(`The grain directory names a grain table ${number} that is not there.`);
    }
  }
  return grains;
}

/** Checks all that tables name, for files without footer. */
function followTables(
  file: ByteRange,
  structure: VmdkStructure,
  reader: GrainReader,
  report: (sector: number) => void,
): number {
  const content = Buffer.alloc(GRAIN_BYTES);
  let grains = 0;
  for (const [number, tableSector] of structure.directory.entries()) {
    if (tableSector <= 1) continue;
    for (const [entry, sector] of readTable(file, tableSector).entries()) {
      if (sector <= 1) continue;
      const grain = number * ENTRIES_PER_TABLE + entry;
      reader.read(sector, grain, content);
      checkLastGrain(content, grain, structure.header.capacity);
      grains += 1;
      report(sector);
    }
  }
  return grains;
}

/** Nothing but zeros stands between header, descriptor and first grain. */
function checkHead(file: ByteRange, { header }: VmdkStructure): void {
  const end = header.descriptorSector + header.descriptorSectors;
  const before = readSectors(file, 1, header.descriptorSector - 1);
  const after = readSectors(file, end, header.overheadSectors - end);
  if (!isZero(before) || !isZero(after)) {
    throw new Error("The VMDK has unexpected bytes between its descriptor and its first grain.");
  }
}

/** Footer and end-of-stream marker follow at once; their sectors counts are fixed. */
function checkEnd(file: ByteRange, sector: number, footer: number): void {
  if (sector !== footer) {
    throw new Error(`The last piece before the footer ends at sector ${sector}, not ${footer}.`);
  }
  checkMarker(decodeMarker(readSectors(file, footer, 1), footer)?.sectors, 1, "footer", footer);
  if (!isZero(readSectors(file, footer + 2, 1))) {
    throw new Error("The end-of-stream marker of the VMDK is damaged: it is not zero.");
  }
}

function checkMarker(got: number | undefined, wanted: number, what: string, at: number): void {
  if (got === wanted) return;
  throw new Error(`The ${what} marker at sector ${at} says ${got} sectors, it must say ${wanted}.`);
}

/** What the last grain stores past the end of the disk is zero, the grain itself is within. */
function checkLastGrain(content: Buffer, grain: number, capacity: number): void {
  const inside = capacity - grain * GRAIN_BYTES;
  if (inside <= 0) {
    throw new Error(`Grain ${grain} lies past the end of the disk of ${capacity} bytes.`);
  }
  if (inside < GRAIN_BYTES && !isZero(content.subarray(inside))) {
    throw new Error(`Grain ${grain} holds bytes past the end of the disk of ${capacity} bytes.`);
  }
}

function compareTables(expected: Uint32Array, table: Uint32Array, number: number): void {
  for (const [entry, sector] of table.entries()) {
    if (sector === expected[entry]) continue;
    const grain = number * ENTRIES_PER_TABLE + entry;
    throw new Error(
      `Grain table ${number} places grain ${grain} at sector ${sector}; ` +
        (expected[entry] ? `it is at sector ${expected[entry]}.` : "no grain is there."),
    );
  }
}
