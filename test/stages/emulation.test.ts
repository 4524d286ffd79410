import assert from "node:assert/strict";
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { projectDirectory } from "../support/stageRun";

const emulator = "/usr/bin/qemu-aarch64-static";

describe("programs of another architecture", () => {
  let folder: string;
  beforeEach(() => (folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-emulation-"))));
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  /** Runs bash lines after the library, as a stage that ends by itself. */
  function stage(lines: string, machine = "x86_64"): SpawnSyncReturns<string> {
    const script = `
      source scripts/lib/stage.sh
      STAGE=test STAGE_TMP=$1 STAGE_LOG=$1/log
      source scripts/lib/emulation.sh
      uname() { echo ${machine}; }
      trap run_deferred EXIT
      ${lines}`;
    const args = ["--mount", "bash", "-c", script, "bash", folder];
    return spawnSync("unshare", args, { cwd: projectDirectory, encoding: "utf8" });
  }

  it("need nothing where they are this machine's own", () => {
    const { stdout, stderr } = stage('emulate amd64; echo "[$EMULATED]"; ls "$STAGE_TMP"');
    assert.deepEqual([stdout, stderr], ["[]\n", ""]);
    assert.equal(stage('emulate arm64; echo "[$EMULATED]"', "aarch64").stdout, "[]\n");
  });

  it("are refused on a machine that nothing emulates them on", () => {
    const { status, stderr } = stage("emulate amd64", "aarch64");
    assert.equal(status, 1);
    assert.match(stderr, /boxes for amd64 cannot be made on aarch64; use a worker of that/);
  });

  it("are handed to QEMU for as long as the stage runs, and no longer", function () {
    if (process.getuid?.() !== 0 || !fs.existsSync(emulator)) {
      process.stderr.write(`Skipped: it needs root and ${emulator} (package qemu-user-static)\n`);
      this.skip();
    }
    const registry = "mkdir $1/look; mount -t binfmt_misc none $1/look; ls $1/look; umount $1/look";
    const during = stage(`emulate arm64; echo "[$EMULATED]"; ls "$STAGE_TMP/binfmt"`);
    assert.equal(during.status, 0, during.stderr);
    assert.match(during.stdout, /^\[1\]\nami2box-arm64-\d+-\d+\n/);
    const name = during.stdout.split("\n")[1] ?? "";
    assert.ok(!stage(registry).stdout.includes(name), `${name} is left`);
  });
});
