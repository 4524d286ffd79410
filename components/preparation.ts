/**
 * What a worker is prepared for; each has its packages in `scripts/worker/packages.txt`.
 *
 * - `box`: the stages every box goes through, from any source
 * - `image`: reading qcow2, VMDK and VHD images
 * - `debian`: installing a Debian from packages
 * - `efi`: boxes that EFI starts
 * - `arm64`: running ARM programs on another processor, and ARM guests
 * - `boot-proof`: starting the box under QEMU, and `boot-proof-efi`, by EFI too
 */
export type WorkerPurpose =
  "box" | "image" | "debian" | "efi" | "arm64" | "boot-proof" | "boot-proof-efi";

/** What `scripts/worker/prepare.sh` prints. */
export interface Preparation {
  readonly stage: "prepare";
  readonly seconds: number;
  /** The distribution, as `ID VERSION_ID` of its os-release. */
  readonly system: string;
  /** The machine, as `uname -m` tells it. */
  readonly machine: string;
  /** Version of Node.js. */
  readonly node: string;
  /** Packages that were missing and are installed now. */
  readonly installed: readonly string[];
  /** What is slower or cannot be done on this machine, a sentence each. */
  readonly notices: readonly string[];
}

/**
 * Reads the line of JSON that preparing a worker prints.
 *
 * @throws Error when the text is no such line
 */
export function parsePreparation(stdout: string): Preparation {
  try {
    const result = JSON.parse(stdout) as Partial<Preparation>;
    if (result.stage === "prepare") return result as Preparation;
  } catch {
    // Told below, with what was printed.
  }
  throw new Error(
    `preparing the worker printed ${JSON.stringify(stdout.slice(0, 200))} where its one line of JSON was expected`,
  );
}
