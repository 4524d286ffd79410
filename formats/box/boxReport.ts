import type { OvfSummary } from "../ovf/reader";
import type { Box, BoxMember } from "./reader";

/** How a box is checked. */
export interface BoxCheck {
  /** SHA-256 the box must have, lower-case hexadecimal; not computed without it. */
  readonly sha256?: string;
  /** Whether every grain of the disk is decompressed, or only its structure read; default true. */
  readonly everyGrain?: boolean;
  /** Called with the bytes of disk image checked and to check. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** What a check found. */
export interface BoxReport {
  /** One sentence each, in the order found; empty if the box is sound. */
  readonly problems: readonly string[];
  /** The archive, if it could be read. */
  readonly box?: Box;
  /** The machine, if there is a descriptor of it that could be read. */
  readonly machine?: OvfSummary;
  /** Where the disk image lies and how large a disk it holds, if it could be read. */
  readonly disk?: BoxMember & { readonly capacity: number };
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Runs a step whose failure is one more problem, not the end of the check. */
export async function attempt<T>(
  problems: string[],
  what: string,
  step: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    problems.push(`${what}: ${reason(error)}`);
    return undefined;
  }
}

/** The file of that name in a box. */
export function memberOf(box: Box, name: string): BoxMember | undefined {
  return box.members.find((member) => member.name === name);
}
