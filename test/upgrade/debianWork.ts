import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { cacheFolder } from "../../ops/setup/folders";
import { bundleTool } from "../../ops/toolBundle";
import { projectDirectory } from "../support/stageRun";

const source = (work: string): Record<string, string> => ({
  SOURCE_TYPE: "debian",
  SOURCE_TREE: path.join(work, "bootstrap"),
  EPOCH: "1764000000",
});

/** UUID of the root on the disks made here. */
export const rootUuid = "12345678-1234-4234-8234-123456789abc";

/** A work directory with a fresh Debian bookworm in it, and the stages that go on from there. */
export class DebianWork {
  public readonly directory = fs.mkdtempSync(path.join(tmpdir(), "ami2box-upgrade-"));

  constructor() {
    this.stage("bootstrap", {
      SUITE: "bookworm",
      MIRROR: "http://deb.debian.org/debian",
      SECURITY_MIRROR: "http://deb.debian.org/debian-security",
      EPOCH: "1764000000",
      PACKAGES: "",
      CACHE_DIR: path.join(cacheFolder(), "debian"),
    });
  }

  public provision(variables: Readonly<Record<string, string>>): void {
    this.stage("provision", { ...source(this.directory), ...variables });
  }

  /** Writes the disk from what was provisioned; its path. */
  public makeDisk(firmware: string): string {
    this.stage("raw-disk", {
      ...source(this.directory),
      FIRMWARE: firmware,
      PROVISIONED: path.join(this.directory, "provision"),
      DISK_BYTES: String(8 * 2 ** 30),
      FS_UUID: rootUuid,
      TOOL: bundleTool(projectDirectory, "disk", "formats/cli/disk.ts").path,
    });
    return path.join(this.directory, "disk.raw");
  }

  /** Runs a script with this work directory; what it printed. */
  public run(command: readonly string[], variables: Readonly<Record<string, string>>): string {
    const { status, stdout, stderr } = spawnSync("bash", command, {
      cwd: projectDirectory,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], WORK_DIR: this.directory, ...variables },
    });
    assert.equal(status, 0, stderr.slice(-3000));
    return stdout;
  }

  public remove(): void {
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  private stage(name: string, variables: Readonly<Record<string, string>>): void {
    this.run(["scripts/run-stage.sh", name, "1200"], variables);
  }
}
