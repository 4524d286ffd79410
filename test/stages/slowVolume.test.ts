import { strict as assert } from "node:assert";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { projectDirectory } from "../support/stageRun";

const FILES = 3000;

/**
 * A disk whose every read takes 5 ms, as blocks of a fresh EBS volume do that still lie in S3: a FUSE file system of
 * the benchmark, and over it a loop device that passes requests on as they come, as a disk does.
 */
describe("a volume that answers slowly", function () {
  this.timeout(60_000);

  let folder: string;
  let server: ChildProcess;
  let counts: Promise<{ reads: number; most: number }>;
  let disk: string;
  let mounted = false;
  const at = (...parts: string[]): string => path.join(folder, ...parts);

  before(async () => {
    folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-slow-"));
    makeRoot(at("tree"));
    fs.writeFileSync(at("disk.raw"), "");
    fs.truncateSync(at("disk.raw"), 64 << 20);
    execFileSync("mke2fs", ["-q", "-F", "-t", "ext4", "-d", at("tree"), at("disk.raw")]);
    fs.writeFileSync(at("slow.raw"), "");
    server = spawn(
      process.execPath,
      [
        ...["-r", "ts-node/register/transpile-only", "bench/slowDisk/slowDisk.ts"],
        ...[at("disk.raw"), at("slow.raw"), "5"],
      ],
      { cwd: projectDirectory, stdio: ["ignore", "pipe", "inherit"] },
    );
    counts = new Promise((resolve) => {
      server.stdout?.on("data", (line: Buffer) =>
        resolve(JSON.parse(line.toString()) as { reads: number; most: number }),
      );
    });
    while (fs.statSync(at("slow.raw")).size === 0) {
      assert.equal(server.exitCode, null, "the slow file system could not be mounted");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    mounted = true;
    disk = losetup("--find", "--show", "--read-only", "--direct-io=on", at("slow.raw"));
  });

  after(() => {
    if (disk) losetup("--detach", disk);
    if (mounted) execFileSync("umount", ["--lazy", at("slow.raw")]);
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it("is read with many requests under way at once", async () => {
    // Mounted as a stage mounts a volume, and read by the tool of the stage.
    const script = [
      `source scripts/lib/stage.sh; stage_begin slow; source scripts/lib/image.sh; source scripts/lib/image-root.sh`,
      `IMAGE_DISK=${disk}; mount_image_root`,
      `cat /sys/block/"$(basename "$(findmnt -no SOURCE "$SOURCE_ROOT")")"/loop/dio >${at("dio")}`,
      `node -r ts-node/register/transpile-only formats/cli/disk.ts --tree "$SOURCE_ROOT" --out ${at("out.raw")} \\`,
      `  --size 134217728 --fs-uuid 2f6b7d0e-0c1d-4a57-9d59-5e7f6f1f3c11 --epoch 1700000000`,
    ].join("\n");
    execFileSync("unshare", ["--mount", "bash", "-c", script], {
      cwd: projectDirectory,
      env: { ...process.env, WORK_DIR: at("work") },
      stdio: ["ignore", "ignore", "pipe"],
    });
    assert.equal(fs.readFileSync(at("dio"), "utf8").trim(), "1");
    losetup("--detach", disk);
    disk = "";
    execFileSync("umount", [at("slow.raw")]);
    mounted = false;
    fs.writeFileSync(at("slow.raw"), "");
    const { reads, most } = await counts;
    assert.ok(reads >= FILES, `only ${reads} reads: the files were not read from the disk`);
    assert.ok(most >= 16, `at most ${most} reads were under way at once`);
    execFileSync("e2fsck", ["-fn", `${at("out.raw")}?offset=1048576`], { stdio: "pipe" });
  });
});

/** What is recognised as a root, and many files that each cost a read. */
function makeRoot(tree: string): void {
  for (const name of ["etc", "usr/bin", "usr/lib", "many"]) {
    fs.mkdirSync(path.join(tree, name), { recursive: true });
  }
  fs.writeFileSync(path.join(tree, "usr/lib/os-release"), "ID=debian\n");
  for (let number = 0; number < FILES; number += 1) {
    fs.writeFileSync(path.join(tree, "many", String(number)), Buffer.alloc(9_000, number + 1));
  }
}

function losetup(...args: string[]): string {
  return execFileSync("losetup", args, { encoding: "utf8" }).trim();
}
