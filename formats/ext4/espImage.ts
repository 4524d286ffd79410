import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** The EFI system partition's content: a FAT file system made elsewhere, mostly zeros. */
export interface EspImage {
  /** Bytes; 0 when there is no such partition. */
  readonly size: number;
  /** The parts that are not zeros, so that a sparse disk stays sparse. */
  pieces(): Iterable<{ readonly offset: number; readonly bytes: Buffer }>;
  /** Digest of the whole, empty when there is none. */
  sha256(): string;
}

/** Partitions begin at whole MiB: what partitioning tools agree on. */
const ALIGNMENT = 1 << 20;
const LARGEST = 1 << 30;
const PIECE = 4096;

/**
 * Reads the image of an EFI system partition.
 *
 * @param path - left out, there is none
 * @param problems - takes what is wrong with the image: unreadable, or not whole MiB up to 1 GiB
 */
export function openEspImage(path: string | undefined, problems: string[]): EspImage {
  const content = path === undefined ? Buffer.alloc(0) : readOrTell(path, problems);
  return {
    size: content.length,
    *pieces() {
      const zeros = Buffer.alloc(PIECE);
      for (let offset = 0; offset < content.length; offset += PIECE) {
        const bytes = content.subarray(offset, offset + PIECE);
        if (!bytes.equals(zeros)) yield { offset, bytes };
      }
    },
    sha256: () => (content.length > 0 ? createHash("sha256").update(content).digest("hex") : ""),
  };
}

function readOrTell(path: string, problems: string[]): Buffer {
  try {
    const content = readFileSync(path);
    if (content.length === 0 || content.length % ALIGNMENT !== 0 || content.length > LARGEST) {
      problems.push(`${path} has ${content.length} bytes; allowed are whole MiB up to 1024`);
      return Buffer.alloc(0);
    }
    return content;
  } catch (error) {
    problems.push(`${path} cannot be read: ${(error as Error).message}`);
    return Buffer.alloc(0);
  }
}
