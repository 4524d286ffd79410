import { strict as assert } from "node:assert";
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { projectDirectory } from "../support/stageRun";

const program = path.join(projectDirectory, "scripts/provision/files/extlinux-kernel");

describe("the kernel that extlinux starts", () => {
  let boot: string;
  beforeEach(() => (boot = fs.mkdtempSync(path.join(tmpdir(), "ami2box-boot-"))));
  afterEach(() => fs.rmSync(boot, { recursive: true }));

  const config = (): string => fs.readFileSync(path.join(boot, "extlinux/extlinux.conf"), "utf8");
  const run = (): SpawnSyncReturns<string> =>
    spawnSync("sh", [program, boot], { encoding: "utf8" });

  function start(version: string): string {
    return [
      "DEFAULT linux",
      "LABEL linux",
      `  LINUX /boot/vmlinuz-${version}`,
      `  INITRD /boot/initramfs-${version}.img`,
      "  APPEND root=UUID=1234 ro quiet",
      "",
    ].join("\n");
  }

  function make(files: Record<string, string>): void {
    fs.mkdirSync(path.join(boot, "extlinux"));
    for (const [name, content] of Object.entries(files)) {
      fs.writeFileSync(path.join(boot, name), content);
    }
  }

  it("becomes the newest one that has an initramfs", () => {
    make({
      "extlinux/extlinux.conf": start("6.1.9"),
      "vmlinuz-0-rescue-4f3c": "k",
      "initramfs-0-rescue-4f3c.img": "i",
      "vmlinuz-6.1.9": "k",
      "initramfs-6.1.9.img": "i",
      "vmlinuz-6.1.10": "k",
      "initramfs-6.1.10.img": "i",
      "vmlinuz-6.2.0": "k",
      "initramfs-6.2.0.img": "",
    });
    const { status, stdout, stderr } = run();
    assert.equal(status, 0, stderr);
    assert.equal(stdout, "extlinux starts 6.1.10 from now on\n");
    assert.equal(config(), start("6.1.10"));
    assert.deepEqual(fs.readdirSync(path.join(boot, "extlinux")), ["extlinux.conf"]);
  });

  it("stays as it is when nothing newer has come", () => {
    make({
      "extlinux/extlinux.conf": start("6.1.9"),
      "vmlinuz-6.1.9": "k",
      "initramfs-6.1.9.img": "i",
    });
    const { status, stdout } = run();
    assert.deepEqual([status, stdout], [0, ""]);
    assert.equal(config(), start("6.1.9"));
  });

  it("stays as it is when no kernel could be started", () => {
    make({ "extlinux/extlinux.conf": start("6.1.9"), "vmlinuz-6.2.0": "k" });
    const { status, stderr } = run();
    assert.equal(status, 1);
    assert.match(stderr, /no kernel in .* has an initramfs/);
    assert.equal(config(), start("6.1.9"));
  });
});
