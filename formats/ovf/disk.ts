import { shown } from "../problems";

/** The one disk of the machine. */
export interface OvfDisk {
  /** File name beside the descriptor; plain ASCII, no slash. */
  readonly fileName: string;
  /** Size of that file in bytes. */
  readonly fileSize: number;
  /** Size of the disk the guest sees, in bytes; a multiple of 512. */
  readonly capacity: number;
  /** UUID of the disk image, the same as inside the image file if that holds one. */
  readonly uuid: string;
}

/** All that is wrong with a disk, one sentence each; empty if nothing is. */
export function diskProblems(disk: OvfDisk): string[] {
  const problems: string[] = [];
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(disk.fileName)) {
    problems.push(
      `disk file name is ${shown(disk.fileName)}, but must be letters, digits, dots, underscores and hyphens.`,
    );
  }
  if (!Number.isSafeInteger(disk.fileSize) || disk.fileSize <= 0) {
    problems.push(
      `disk file size is ${shown(disk.fileSize)}, but must be a whole number of bytes above 0.`,
    );
  }
  if (!Number.isSafeInteger(disk.capacity) || disk.capacity <= 0 || disk.capacity % 512 !== 0) {
    problems.push(
      `disk capacity is ${shown(disk.capacity)}, but must be a multiple of 512 bytes above 0.`,
    );
  }
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(disk.uuid)) {
    problems.push(
      `disk UUID is ${shown(disk.uuid)}, but must be 32 lower-case hexadecimal digits in 8-4-4-4-12 form.`,
    );
  }
  return problems;
}
