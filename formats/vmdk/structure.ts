import { SECTOR_BYTES } from "../blockSource";
import type { ByteRange } from "../byteRange";
import { decodeDescriptor } from "./descriptor";
import {
  decodeHeader,
  decodeMarker,
  directoryEntries,
  MARKER,
  TABLE_BYTES,
  type SparseHeader,
} from "./layout";

/** Header, descriptor and grain directory of a VMDK. */
export interface VmdkStructure {
  readonly header: SparseHeader;
  /** Lines `key=value` of the text descriptor. */
  readonly descriptor: ReadonlyMap<string, string>;
  /** First sector of each grain table; 0 where 32 MiB are all zeros. */
  readonly directory: Uint32Array;
  readonly directorySector: number;
  /** Whether a footer at the end of the file has the place of the directory. */
  readonly hasFooter: boolean;
}

/** Reads what is needed to find any grain. */
export function readStructure(file: ByteRange): VmdkStructure {
  const header = decodeHeader(readSectors(file, 0, 1), "header");
  const hasFooter = header.directorySector === undefined;
  const directorySector = header.directorySector ?? readFooter(file, header);
  const { descriptorSector, descriptorSectors, overheadSectors } = header;
  if (
    descriptorSector < 1 ||
    descriptorSectors < 1 ||
    descriptorSector + descriptorSectors > overheadSectors ||
    overheadSectors * SECTOR_BYTES > file.length
  ) {
    throw new Error(
      `The header of the VMDK places the descriptor at sectors ${descriptorSector} to ` +
        `${descriptorSector + descriptorSectors} and the grains from sector ${overheadSectors}, ` +
        `which does not fit ${file.length} bytes.`,
    );
  }
  const descriptor = readSectors(file, descriptorSector, descriptorSectors);
  return {
    header,
    descriptor: decodeDescriptor(descriptor, header.capacity),
    directory: readEntries(file, directorySector, directoryEntries(header.capacity)),
    directorySector,
    hasFooter,
  };
}

/** Reads a grain table. */
export function readTable(file: ByteRange, sector: number): Uint32Array {
  return readEntries(file, sector, TABLE_BYTES / 4);
}

/** Reads whole sectors. */
export function readSectors(file: ByteRange, sector: number, count: number): Buffer {
  const buffer = Buffer.alloc(count * SECTOR_BYTES);
  file.readSync(buffer, sector * SECTOR_BYTES);
  return buffer;
}

/** Reads the footer, checks it against the header and returns the place of the directory. */
function readFooter(file: ByteRange, header: SparseHeader): number {
  if (file.length % SECTOR_BYTES !== 0 || file.length < 4 * SECTOR_BYTES) {
    throw new Error(
      `The VMDK is cut short or has bytes appended: it has ${file.length} bytes, ` +
        `not a multiple of ${SECTOR_BYTES} of at least ${4 * SECTOR_BYTES}.`,
    );
  }
  const sectors = file.length / SECTOR_BYTES;
  const end = decodeMarker(readSectors(file, sectors - 1, 1), sectors - 1);
  const before = decodeMarker(readSectors(file, sectors - 3, 1), sectors - 3);
  if (end?.type !== MARKER.endOfStream || before?.type !== MARKER.footer) {
    throw new Error(
      `The VMDK of ${file.length} bytes does not end with a footer and an end-of-stream marker: ` +
        `it is cut short or damaged.`,
    );
  }
  const footer = decodeHeader(readSectors(file, sectors - 2, 1), "footer");
  const { directorySector, ...rest } = footer;
  for (const key of Object.keys(rest) as (keyof typeof rest)[]) {
    if (rest[key] !== header[key]) {
      throw new Error(
        `Header and footer of the VMDK differ: ${key} is ${header[key]} in one and ` +
          `${rest[key]} in the other.`,
      );
    }
  }
  if (directorySector === undefined) {
    throw new Error("The footer of the VMDK does not say where the grain directory is.");
  }
  return directorySector;
}

function readEntries(file: ByteRange, sector: number, count: number): Uint32Array {
  const bytes = Buffer.alloc(count * 4);
  file.readSync(bytes, sector * SECTOR_BYTES);
  return Uint32Array.from({ length: count }, (_, index) => bytes.readUInt32LE(index * 4));
}
