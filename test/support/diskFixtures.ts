import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

/** What stands on one partition of a fixture; no `tree` is a partition of zeros. */
export interface PartitionFixture {
  /** Folder whose content the file system gets. */
  readonly tree?: string;
  /** Bytes written at the partition's start instead of a file system. */
  readonly bytes?: Buffer;
}

export interface DiskFixture {
  readonly table: "dos" | "gpt" | "none";
  readonly partitions: readonly PartitionFixture[];
}

const partitionMiB = 16;

/**
 * Writes a raw disk of small ext4 partitions, without mounting anything.
 *
 * @param file the disk to make
 */
export function makeDisk(file: string, { table, partitions }: DiskFixture): void {
  const firstMiB = table === "none" ? 0 : 1;
  const sizeMiB = firstMiB + partitions.length * partitionMiB + 1;
  fs.writeFileSync(file, "");
  fs.truncateSync(file, sizeMiB << 20);
  if (table !== "none") {
    const rows = partitions.map(
      (_, index) => `start=${firstMiB + index * partitionMiB}MiB, size=${partitionMiB}MiB`,
    );
    execFileSync("sfdisk", ["--quiet", file], { input: [`label: ${table}`, ...rows].join("\n") });
  }
  partitions.forEach(({ tree, bytes }, index) => {
    const offset = (firstMiB + index * partitionMiB) << 20;
    if (tree !== undefined) {
      const options = ["-q", "-F", "-t", "ext4", "-E", `offset=${offset}`, "-d", tree];
      execFileSync("mke2fs", [...options, file, `${partitionMiB}m`], { stdio: "pipe" });
    }
    if (bytes !== undefined) writeAt(file, bytes, offset);
  });
}

function writeAt(file: string, bytes: Buffer, position: number): void {
  const fd = fs.openSync(file, "r+");
  fs.writeSync(fd, bytes, 0, bytes.length, position);
  fs.closeSync(fd);
}

/**
 * Makes a folder that looks like the root of a Debian, with one program in it that can be run.
 *
 * @param program what its systemd is a copy of: its architecture is taken for the system's
 */
export function makeRootTree(folder: string, program = "/usr/bin/true"): string {
  for (const name of ["etc", "usr/bin", "usr/lib/systemd/system", "lib64", "boot"]) {
    fs.mkdirSync(path.join(folder, name), { recursive: true });
  }
  fs.writeFileSync(path.join(folder, "usr/lib/os-release"), "ID=debian\n");
  fs.symlinkSync("../usr/lib/os-release", path.join(folder, "etc/os-release"));
  fs.copyFileSync(program, path.join(folder, "usr/lib/systemd/systemd"));
  fs.chmodSync(path.join(folder, "usr/lib/systemd/systemd"), 0o755);
  fs.writeFileSync(path.join(folder, "lib64/ld-linux-x86-64.so.2"), "");
  fs.writeFileSync(path.join(folder, "usr/lib/systemd/system/systemd-networkd.service"), "");
  return folder;
}
