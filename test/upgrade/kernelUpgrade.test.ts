import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { homedir, tmpdir } from "node:os";
import * as path from "node:path";

import { bundleTool } from "../../ops/toolBundle";
import { cacheFolder } from "../../ops/setup/folders";
import { projectDirectory } from "../support/stageRun";

const minutes = 60_000;
const epoch = "1764000000";
const uuid = "12345678-1234-4234-8234-123456789abc";

interface Upgrade {
  readonly before: string;
  readonly after: string;
  readonly upgradeSeconds: number;
  readonly state: string;
  readonly vboxsf: boolean;
  readonly choices: { readonly guestAdditions: string };
  readonly firmware: string;
  readonly commandLine: string;
  readonly loaders: string;
}

/**
 * A real guest, made with a kernel that is not the newest, upgrades itself from Debian's archive and starts
 * again. Takes several minutes under emulation, so `npm run test:upgrade` runs it, and `npm test` does not.
 */
describe("a guest after apt-get upgraded its kernel and its boot loader", function () {
  this.timeout(20 * minutes);
  this.bail(true);

  let work: string;

  before(() => {
    work = fs.mkdtempSync(path.join(tmpdir(), "ami2box-upgrade-"));
    stage("bootstrap", {
      SUITE: "bookworm",
      MIRROR: "http://deb.debian.org/debian",
      SECURITY_MIRROR: "http://deb.debian.org/debian-security",
      EPOCH: epoch,
      PACKAGES: "",
      CACHE_DIR: path.join(cacheFolder(process.env, homedir()), "debian"),
    });
  });
  after(() => fs.rmSync(work, { recursive: true, force: true }));

  function run(command: readonly string[], variables: Record<string, string>): string {
    const { status, stdout, stderr } = spawnSync("bash", command, {
      cwd: projectDirectory,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], WORK_DIR: work, ...variables },
    });
    assert.equal(status, 0, stderr.slice(-3000));
    return stdout;
  }

  function stage(name: string, variables: Record<string, string>): void {
    run(["scripts/run-stage.sh", name, "1200"], variables);
  }

  function upgrade(firmware: "bios" | "efi"): Upgrade {
    const source = { SOURCE_TYPE: "debian", SOURCE_TREE: `${work}/bootstrap`, EPOCH: epoch };
    stage("provision", {
      ...source,
      FIRMWARE: firmware,
      GUEST_ADDITIONS: "auto",
      USER_SCRIPTS: path.join(projectDirectory, "test/upgrade/older-kernel.sh"),
    });
    stage("raw-disk", {
      ...source,
      FIRMWARE: firmware,
      PROVISIONED: `${work}/provision`,
      DISK_BYTES: String(8 * 2 ** 30),
      FS_UUID: uuid,
      TOOL: bundleTool(projectDirectory, "disk", "formats/cli/disk.ts").path,
    });
    const disk = { DISK: `${work}/disk.raw`, FIRMWARE: firmware };
    const result = JSON.parse(run(["test/upgrade/upgrade.sh"], disk)) as Upgrade;
    console.log(`      ${result.before} to ${result.after} in ${result.upgradeSeconds} s`);
    return result;
  }

  function assertSound(result: Upgrade): void {
    assert.notEqual(result.after, result.before);
    assert.match(result.commandLine, new RegExp(`vmlinuz-${result.after}.* root=UUID=${uuid} `));
    assert.match(result.commandLine, / net\.ifnames=0 /);
    assert.equal(result.state, "running");
    assert.equal(result.choices.guestAdditions, "in-tree");
    assert.ok(result.vboxsf, "the new kernel has no vboxsf");
  }

  it("runs the new kernel from the BIOS, with shared folders as before", () => {
    const result = upgrade("bios");
    assertSound(result);
    assert.equal(result.firmware, "bios");
  });

  it("runs the new kernel from EFI, whose loaders the package has renewed", () => {
    const result = upgrade("efi");
    assertSound(result);
    assert.equal(result.firmware, "efi");
    assert.match(result.loaders, /EFI\/BOOT\/BOOTX64\.EFI/i);
    assert.match(result.loaders, /EFI\/debian\/grubx64\.efi/i);
  });
});
