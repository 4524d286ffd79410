import { strict as assert } from "node:assert";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { leftoversOf, nothingLeft } from "../support/leftovers";
import { projectDirectory } from "../support/stageRun";

/** Does all a stage could leave behind, then waits to be ended. */
const untidyStage = `
source "$(dirname "\${BASH_SOURCE[0]}")/../lib/stage.sh"
stage_begin untidy
truncate -s 1M "$STAGE_TMP/disk"
mkfs.ext4 -q "$STAGE_TMP/disk"
mkdir "$STAGE_TMP/mnt"
mount -o loop "$STAGE_TMP/disk" "$STAGE_TMP/mnt"
( trap '' TERM; exec sleep 300 "$STAGE_TMP" ) &
touch "$WORK_DIR/ready"
\${ENDING:-sleep 300}
`;

describe("run-stage", function () {
  this.timeout(90_000);
  let scratch: string;
  let work: string;

  beforeEach(() => {
    scratch = fs.mkdtempSync(path.join(tmpdir(), "ami2box-run-stage-"));
    work = path.join(scratch, "work");
    fs.cpSync(path.join(projectDirectory, "scripts"), path.join(scratch, "scripts"), {
      recursive: true,
    });
    fs.writeFileSync(path.join(scratch, "scripts/stages/untidy.sh"), untidyStage);
  });

  afterEach(() => fs.rmSync(scratch, { recursive: true, force: true }));

  function start(limit: number, variables: Record<string, string> = {}): ChildProcess {
    const script = path.join(scratch, "scripts/run-stage.sh");
    return spawn("bash", [script, "untidy", String(limit)], {
      env: { PATH: process.env["PATH"], WORK_DIR: work, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  async function untilReady(): Promise<void> {
    for (let tries = 0; !fs.existsSync(path.join(work, "ready")); tries++) {
      assert.ok(tries < 300, "the stage did not begin its work within 30 s");
      await sleep(100);
    }
  }

  /** The kernel takes a moment to end a namespace with all that is in it. */
  async function assertNothingLeft(): Promise<void> {
    for (let tries = 0; tries < 50; tries++) {
      if (JSON.stringify(leftoversOf(work)) === JSON.stringify(nothingLeft)) return;
      await sleep(100);
    }
    assert.deepEqual(leftoversOf(work), nothingLeft);
  }

  const temporaryFolders = (): string[] =>
    fs.readdirSync(work).filter((name) => name.startsWith(".tmp."));

  it("leaves no mount, loop device or process when the stage fails", async () => {
    const [status] = (await once(start(60, { ENDING: "false" }), "close")) as [number];
    assert.equal(status, 1);
    await assertNothingLeft();
    assert.deepEqual(temporaryFolders(), []);
  });

  it("tells which command failed, by the name that people know it by, with the log's end", () => {
    const ending = 'run_named "your setup.sh" bash -c "echo no disk; exit 3"';
    const stage = untidyStage.replace(/^touch[^]*$/m, ending);
    fs.writeFileSync(path.join(scratch, "scripts/stages/untidy.sh"), stage);
    const script = path.join(scratch, "scripts/run-stage.sh");
    const { status, stderr } = spawnSync("bash", [script, "untidy", "60"], {
      env: { PATH: process.env["PATH"], WORK_DIR: work },
      encoding: "utf8",
    });
    assert.equal(status, 1, stderr);
    assert.match(
      stderr,
      /^ {2}\| no disk\nuntidy: error: your setup\.sh failed with status 3; the whole log is .*untidy\.log$/m,
    );
  });

  it("ends a stage at its time limit, says so, and leaves nothing", async () => {
    const stage = start(2);
    let said = "";
    stage.stderr?.on("data", (text: Buffer) => (said += text.toString()));
    const [status] = (await once(stage, "close")) as [number];
    assert.equal(status, 124);
    assert.match(said, /untidy: error: ended after its time limit of 2 s/);
    await assertNothingLeft();
  });

  it("leaves no mount, loop device or process when it is killed outright", async () => {
    const stage = start(60);
    await untilReady();
    const children = await childrenOf(stage.pid as number);
    spawnSync("kill", ["-KILL", String(stage.pid), ...children.map(String)]);
    await once(stage, "close");
    await assertNothingLeft();
    assert.equal(temporaryFolders().length, 1, "a killed stage cannot remove its folder");
    const next = start(60, { ENDING: "true" });
    await once(next, "close");
    assert.deepEqual(temporaryFolders(), [], "the next stage does");
  });

  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    it(`ends with ${signal} to it alone, the stage too, and leaves nothing`, async () => {
      const stage = start(60);
      await untilReady();
      process.kill(stage.pid as number, signal);
      await once(stage, "close");
      await assertNothingLeft();
    });
  }

  it("lets a second stage wait for the first in the same work directory", async () => {
    const first = start(60, { ENDING: "sleep 2" });
    await untilReady();
    const began = Date.now();
    const [status] = (await once(start(60, { ENDING: "true" }), "close")) as [number];
    assert.equal(status, 0);
    assert.ok(Date.now() - began > 500, "the second did not wait");
    assert.equal(first.exitCode, 0);
  });

  async function childrenOf(pid: number): Promise<number[]> {
    const file = `/proc/${pid}/task/${pid}/children`;
    const direct = fs.readFileSync(file, "utf8").trim().split(" ").filter(Boolean).map(Number);
    const deeper = await Promise.all(direct.map(childrenOf));
    return [...direct, ...deeper.flat()];
  }
});
