import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";

import { cacheFolder } from "../../ops/setup/folders";
import { withLock } from "../../ops/setup/lock";

const run = promisify(execFile);

/** Size of the disk; it holds about a gigabyte. */
export const baseImageGiB = 4;

const rootScript = path.join(__dirname, "../inputs/make-cloud-root.sh");

/** Debian's images in EC2 name their user so, other than its images elsewhere. */
const ec2User = "system_info:\n  default_user:\n    name: admin\n";

/**
 * Disk of a Debian laid out as its EC2 images are: GPT, the root first, partitions for GRUB and EFI. Made of
 * real packages when it is first asked for, and kept in the cache folder.
 */
export async function baseImageDisk(): Promise<string> {
  const recipe = [rootScript, __filename].map((file) => fs.readFileSync(file)).join("\n");
  const digest = createHash("sha256").update(recipe).digest("hex").slice(0, 16);
  const folder = path.join(cacheFolder(), "test-images");
  const disk = path.join(folder, `debian-cloud-${digest}.img`);
  fs.mkdirSync(folder, { recursive: true });
  if (!fs.existsSync(disk)) {
    await withLock(
      path.join(folder, "lock"),
      () => undefined,
      async () => {
        if (!fs.existsSync(disk)) await makeDisk(folder, disk);
      },
    );
  }
  return disk;
}

async function makeDisk(folder: string, disk: string): Promise<void> {
  const root = fs.mkdtempSync(path.join(folder, "root-"));
  const half = `${disk}.half`;
  try {
    await run("bash", [rootScript, "debian", root], { maxBuffer: 64 << 20 });
    fs.writeFileSync(path.join(root, "etc/cloud/cloud.cfg.d/02_ec2_user.cfg"), ec2User);
    fs.writeFileSync(half, "");
    fs.truncateSync(half, baseImageGiB * 2 ** 30);
    execFileSync("sfdisk", ["--quiet", half], {
      input: [
        "label: gpt",
        "1: start=131MiB, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709",
        "14: start=1MiB, size=3MiB, type=21686148-6449-6E6F-744E-656564454649",
        "15: start=4MiB, size=127MiB, type=U",
      ].join("\n"),
    });
    const size = `${(baseImageGiB << 10) - 132}m`;
    const options = ["-q", "-F", "-t", "ext4", "-L", "cloudroot", "-E", `offset=${131 << 20}`];
    await run("mke2fs", [...options, "-d", root, half, size]);
    fs.renameSync(half, disk);
  } finally {
    fs.rmSync(root, { recursive: true, force: true });
    fs.rmSync(half, { force: true });
  }
}
