import { strict as assert } from "node:assert";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { makeDisk, makeRootTree } from "../support/diskFixtures";
import { projectDirectory } from "../support/stageRun";

const id = "vol-0123456789abcdef0";
const serial = "vol0123456789abcdef0";

interface Found {
  readonly disk: string;
  readonly error: string;
}

/**
 * The disks of EC2 machines by STAND-INS: folders laid out as udev and the kernel lay out /dev and /sys,
 * whose disks are loop devices, and programs of the names of ebsnvme-id and findmnt.
 */
describe("an EBS volume", function () {
  this.timeout(30_000);
  let scratch: string;
  let loop: string;

  before(() => {
    scratch = fs.mkdtempSync(path.join(tmpdir(), "ami2box-volume-"));
    const file = path.join(scratch, "disk.raw");
    fs.writeFileSync(file, "");
    fs.truncateSync(file, 8 << 20);
    execFileSync("mke2fs", ["-q", "-F", file]);
    loop = execFileSync("losetup", ["--find", "--show", file], { encoding: "utf8" }).trim();
  });
  after(() => {
    execFileSync("losetup", ["--detach", loop]);
    fs.rmSync(scratch, { recursive: true, force: true });
  });
  beforeEach(() => {
    for (const folder of ["dev", "sys", "bin", "work"]) {
      fs.rmSync(at(folder), { recursive: true, force: true });
    }
    for (const folder of ["dev/disk/by-id", "sys/block", "sys/class/block", "bin", "work"]) {
      fs.mkdirSync(at(folder), { recursive: true });
    }
  });

  const at = (...parts: string[]): string => path.join(scratch, ...parts);

  /** A disk in the fake /sys, and the loop device under its name in the fake /dev. */
  function disk(name: string, facts: { model?: string; serial?: string } = {}): void {
    fs.mkdirSync(at("sys/block", name, "device"), { recursive: true });
    for (const [file, text] of Object.entries(facts)) {
      // The kernel pads them with spaces.
      fs.writeFileSync(at("sys/block", name, "device", file), `${text.padEnd(40)}\n`);
    }
    fs.symlinkSync(at("sys/block", name), at("sys/class/block", name));
    fs.symlinkSync(loop, at("dev", name));
  }

  function program(name: string, script: string): void {
    fs.writeFileSync(at("bin", name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  function find(args: string[] = [id], variables: Record<string, string> = {}): Found {
    const script = [
      "source scripts/lib/stage.sh; stage_begin test",
      "source scripts/lib/volume.sh",
      'find_volume "$@"; echo "$VOLUME_DISK"',
    ].join("\n");
    const { stdout, stderr } = spawnSync("bash", ["-c", script, "test", ...args], {
      cwd: projectDirectory,
      encoding: "utf8",
      env: {
        PATH: `${at("bin")}:${process.env["PATH"]}`,
        WORK_DIR: at("work"),
        DEV: at("dev"),
        SYS: at("sys"),
        VOLUME_WAIT: "0",
        ...variables,
      },
    });
    const error = stderr
      .split("\n")
      .find((line) => line.startsWith("test: error: "))
      ?.slice("test: error: ".length);
    return { disk: stdout.trim(), error: error ?? "" };
  }

  const byId = (): string => at("dev/disk/by-id", `nvme-Amazon_Elastic_Block_Store_${serial}`);

  it("is found by the link that udev makes of its id, whatever the disk is called", () => {
    fs.symlinkSync(loop, byId());
    assert.deepEqual(find(), { disk: loop, error: "" });
  });

  it("is found by its serial number where udev made no link", () => {
    disk("nvme0n1", { model: "Amazon Elastic Block Store", serial: "vol0ffffffffffffffff" });
    disk("nvme1n1", { model: "Amazon Elastic Block Store", serial });
    assert.deepEqual(find(), { disk: at("dev/nvme1n1"), error: "" });
  });

  it("is found by asking the disks with ebsnvme-id where nothing else tells", () => {
    for (const name of ["nvme0n1", "nvme0n1p1", "nvme2n1"]) disk(name);
    program("ebsnvme-id", `case $2 in *nvme2n1) echo "Volume ID: ${id}" ;; *) exit 1 ;; esac`);
    assert.deepEqual(find(), { disk: at("dev/nvme2n1"), error: "" });
  });

  for (const asked of ["/dev/sdf", "/dev/xvdf", "sdf"]) {
    it(`is found on a Xen machine by the attachment's name ${asked}`, () => {
      disk("xvda");
      disk("xvdf");
      assert.deepEqual(find([id, asked]), { disk: loop, error: "" });
    });
  }

  it("is not taken by a name where disks carry ids: the name may be another volume's", () => {
    disk("nvme1n1", { model: "Amazon Elastic Block Store", serial: "vol0ffffffffffffffff" });
    fs.symlinkSync(loop, at("dev/sdf"));
    assert.match(find([id, "/dev/sdf"]).error, /^no disk of this machine is the volume vol-0123/);
  });

  it("is waited for", () => {
    disk("nvme1n1", { model: "Amazon Elastic Block Store" });
    const arrives = `(sleep 0.5; ln -s ${loop} '${byId()}') >/dev/null 2>&1 &`;
    program(
      "sleep",
      `[ -e '${at("bin/began")}' ] || { : >'${at("bin/began")}'; ${arrives} }\nexec /bin/sleep "$@"`,
    );
    assert.deepEqual(find([id], { VOLUME_WAIT: "20" }), { disk: loop, error: "" });
  });

  it("that never appears is an error that names the disks there are", () => {
    disk("nvme0n1");
    fs.mkdirSync(at("sys/block/loop0"));
    assert.equal(
      find().error,
      `no disk of this machine is the volume ${id} after 0 s; the disks are nvme0n1`,
    );
  });

  it("is refused when it is this machine's root disk", () => {
    disk("nvme0n1", { model: "Amazon Elastic Block Store", serial });
    fs.mkdirSync(at("sys/block/nvme0n1/nvme0n1p1"));
    fs.writeFileSync(at("sys/block/nvme0n1/nvme0n1p1/partition"), "1\n");
    fs.writeFileSync(at("sys/block/nvme0n1/nvme0n1p1/dev"), "259:1\n");
    program("findmnt", `echo '/dev/nvme0n1p1 259:1 /'`);
    const refusal = `${at("dev/nvme0n1")} is this machine's root disk, not a volume to read; check the attachment`;
    assert.equal(find().error, refusal);
    program("findmnt", `echo '/dev/root 259:1 /'`);
    assert.equal(find().error, refusal);
  });

  it("is refused while it is mounted", () => {
    fs.symlinkSync(loop, byId());
    const mounted = at("mounted");
    fs.mkdirSync(mounted);
    execFileSync("mount", ["-o", "ro", loop, mounted]);
    try {
      assert.match(
        find([id], { SYS: "/sys" }).error,
        /loop\d+ is mounted at .*mounted, not a volume/,
      );
    } finally {
      execFileSync("umount", [mounted]);
    }
  });

  it("is refused when it is no block device", () => {
    fs.writeFileSync(at("dev/plain"), "");
    fs.symlinkSync(at("dev/plain"), byId());
    assert.match(find().error, /plain, which is to be the volume vol-.*, is no block device/);
  });

  it("has an id of EBS's form, nothing that could lead elsewhere", () => {
    for (const wrong of ["", "vol-", "vol-../../sda", "sda", "vol-XYZ"]) {
      assert.match(find([wrong]).error, /it must be an EBS volume's id such as/);
    }
  });

  it("is read like a raw image, partitions and all, and stays byte for byte as it was", () => {
    const file = at("root.raw");
    makeDisk(file, { table: "gpt", partitions: [{}, { tree: makeRootTree(at("root")) }] });
    const digest = (): string => createHash("sha256").update(fs.readFileSync(file)).digest("hex");
    const before = digest();
    const attached = execFileSync("losetup", ["--find", "--show", file], { encoding: "utf8" });
    fs.symlinkSync(attached.trim(), byId());
    try {
      const script = [
        "source scripts/lib/stage.sh; stage_begin test",
        "source scripts/lib/overlay.sh",
        'open_source; mount_overlay "$STAGE_TMP/changes"; cat "$ROOT/etc/os-release"; echo x >"$ROOT/new"',
      ].join("\n");
      const variables = {
        ...{ PATH: process.env["PATH"], WORK_DIR: at("work"), DEV: at("dev"), SYS: at("sys") },
        ...{ SOURCE_TYPE: "volume", VOLUME_ID: id },
      };
      const release = execFileSync("unshare", ["--mount", "bash", "-c", script], {
        cwd: projectDirectory,
        encoding: "utf8",
        env: variables,
      });
      assert.equal(release, "ID=debian\n");
      assert.equal(digest(), before);
    } finally {
      execFileSync("losetup", ["--detach", attached.trim()]);
    }
  });

  it("cannot be written to any more once it was found", () => {
    fs.symlinkSync(loop, byId());
    find();
    const readOnly = (): string =>
      execFileSync("blockdev", ["--getro", loop], { encoding: "utf8" }).trim();
    assert.equal(readOnly(), "1");
    assert.throws(() => fs.writeFileSync(loop, "x", { flag: "r+" }), /EPERM|EROFS|EACCES/);
    execFileSync("blockdev", ["--setrw", loop]);
  });
});
