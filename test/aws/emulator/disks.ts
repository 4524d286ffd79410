import { execFile, execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The disk an instance boots from. */
export interface RootDisk {
  /** `disk`: the file holds a whole system; `host`: it is empty, under copies-on-write of this machine. */
  readonly kind: "disk" | "host";
  readonly file: string;
  /** Where the root file system lies, in bytes. */
  readonly offset: number;
  readonly bytes: number;
}

const GiB = 1 << 30;

/** Copies a disk without writing what it does not hold, and makes it at least as large as asked for. */
export async function copyDisk(from: string, to: string, sizeGiB: number): Promise<void> {
  await run("cp", ["--sparse=always", "--reflink=auto", from, to]);
  if (fs.statSync(to).size < sizeGiB * GiB) fs.truncateSync(to, sizeGiB * GiB);
}

/** An empty disk. */
export function emptyDisk(file: string, sizeGiB: number): void {
  fs.writeFileSync(file, "");
  fs.truncateSync(file, sizeGiB * GiB);
}

/** The root disk of an image that is there as a file: its largest partition, or all of it without a table. */
export function diskWithSystem(file: string): RootDisk {
  const whole = { kind: "disk" as const, file, offset: 0, bytes: fs.statSync(file).size };
  let table: { partitions?: { start: number; size: number }[]; sectorsize?: number };
  try {
    const stdout = execFileSync("sfdisk", ["--json", file], { stdio: "pipe", encoding: "utf8" });
    table = (JSON.parse(stdout) as { partitiontable: typeof table }).partitiontable;
  } catch {
    return whole;
  }
  const [root] = [...(table.partitions ?? [])].sort((a, b) => b.size - a.size);
  const sector = table.sectorsize ?? 512;
  return root ? { ...whole, offset: root.start * sector, bytes: root.size * sector } : whole;
}

/** The root disk of a stock image. */
export function diskOverHost(file: string, sizeGiB: number): RootDisk {
  emptyDisk(file, sizeGiB);
  execFileSync("mkfs.ext4", ["-q", "-F", "-E", "lazy_itable_init=1,lazy_journal_init=1", file]);
  return { kind: "host", file, offset: 0, bytes: sizeGiB * GiB };
}
