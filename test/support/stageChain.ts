import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

import { diskUse } from "../../bench/measure";

/** Debian's libfaketime: shows the programs that load it another time. */
const FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
const LOOK_INTERVAL = 50;

/** What the stages raw-disk and box made, and the room they took for it. */
export interface ChainOutcome {
  readonly diskSha256: string;
  readonly boxSha256: string;
  readonly boxBytes: number;
  /** Most bytes that the work directory took on disk while they ran. */
  readonly peakBytes: number;
}

/**
 * Runs the stages raw-disk and box by hand, as scripts/stages/ tells, on a Debian root and its changes.
 *
 * @param project folder of the project, whose tools are bundled
 * @param source folder with `bootstrap` and `provision`, as those stages leave them
 * @param workDirectory folder to work in
 * @param time what the clock shows meanwhile, such as `2031-05-06 07:08:09`; default: the time it is
 */
export async function makeDiskAndBox(
  project: string,
  source: string,
  workDirectory: string,
  time?: string,
): Promise<ChainOutcome> {
  const clock = {
    LD_PRELOAD: FAKETIME,
    FAKETIME: `@${time ?? ""}`,
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
  const variables = {
    PATH: process.env["PATH"] ?? "",
    WORK_DIR: workDirectory,
    EPOCH: "1700000000",
    ...(time === undefined ? {} : clock),
  };
  let peakBytes = 0;
  fs.mkdirSync(workDirectory, { recursive: true });
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, diskUse(workDirectory));
  }, LOOK_INTERVAL);
  try {
    const disk = await stage(project, "raw-disk", {
      ...variables,
      SOURCE_TYPE: "debian",
      SOURCE_TREE: path.join(source, "bootstrap"),
      PROVISIONED: path.join(source, "provision"),
      DISK_BYTES: String(20 * 2 ** 30),
      FS_UUID: "2f6b7d0e-0c1d-4a57-9d59-5e7f6f1f3c11",
      TOOL: path.join(project, ".ami2box/tools/disk.js"),
    });
    const box = await stage(project, "box", {
      ...variables,
      RAW_DISK: String(disk["path"]),
      BOX_OUT: path.join(workDirectory, "new.box"),
      TOOL: path.join(project, ".ami2box/tools/box.js"),
      BOX_SETTINGS: JSON.stringify({ name: "twice", version: "1.0.0", epoch: 1700000000 }),
    });
    return {
      diskSha256: String(disk["sha256"]),
      boxSha256: String(box["sha256"]),
      boxBytes: Number(box["outputBytes"]),
      peakBytes,
    };
  } finally {
    clearInterval(timer);
  }
}

async function stage(
  project: string,
  name: string,
  variables: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const child = spawn("bash", [path.join(project, "scripts/run-stage.sh"), name, "300"], {
    env: variables,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  const status = await new Promise((resolve) => child.on("close", resolve));
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}
