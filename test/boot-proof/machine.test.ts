import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  ended,
  endRun,
  leftBehind,
  newRun,
  processesOf,
  type Run,
  runParts,
  runStage,
  startStage,
  writeBox,
} from "./harness";

interface Line {
  readonly ok: boolean;
  readonly accel: string;
  readonly secondsToSsh: number | null;
  readonly checks: { passed: number; failed: number };
  readonly screenshot: string;
}

describe("boot proof: the machines it starts", () => {
  let run: Run;

  beforeEach(() => {
    run = newRun();
  });
  afterEach(() => {
    endRun(run);
  });

  it("chooses kvm or tcg by running a guest", () => {
    const { stdout } = runParts(run, 'qemu_choose_accelerator auto amd64 2; echo "$QEMU_ACCEL"');
    assert.match(stdout, /^(kvm|tcg)\n$/);
    assert.deepEqual(processesOf(run), []);
  });

  it("says in one sentence what QEMU says of a disk that it cannot open", () => {
    const header = Buffer.alloc(1024);
    header.write("KDMV");
    header.writeUInt32LE(99, 4);
    header.writeBigUInt64LE(2048n, 12);
    writeBox(run, { diskContent: header });
    const { status, stdout, lines } = runStage(run);
    assert.equal(status, 1);
    assert.equal(stdout, "");
    assert.equal(lines.length, 3, lines.join("\n"));
    assert.match(lines[2] ?? "", /QEMU did not start: \w.*VMDK version 99/);
    assert.deepEqual(leftBehind(run), ["boot-proof.log"]);
    assert.deepEqual(processesOf(run), []);
  });

  it("gives a box that never answers its time, then keeps its screen and says so", () => {
    writeBox(run);
    const before = fs.readFileSync(run.box);
    run.env["BOOT_TIMEOUT"] = "3";
    const { status, stdout, lines } = runStage(run);
    const png = path.join(run.out, "console.png");
    assert.equal(status, 1);
    const reason = `no SSH within 3 s (tcg); the screen at that time is in ${png}`;
    assert.ok(lines.at(-1)?.endsWith(`: ${reason}`), lines.at(-1));
    assert.equal(fs.readFileSync(png).subarray(1, 4).toString(), "PNG");
    assert.match(fs.readFileSync(path.join(run.out, "console.txt"), "utf8"), /^Halted\.$/m);
    const line = JSON.parse(stdout) as Line;
    assert.deepEqual(
      [line.ok, line.accel, line.secondsToSsh, line.screenshot],
      [false, "tcg", null, png],
    );
    assert.deepEqual(line.checks, { passed: 0, failed: 1, skipped: 0 });
    assert.deepEqual(leftBehind(run).sort(), [
      "boot-proof.log",
      "checks.json",
      "checks.tap",
      "console.png",
      "console.txt",
    ]);
    assert.deepEqual(processesOf(run), []);
    assert.ok(fs.readFileSync(run.box).equals(before), "the box was changed");
  });

  it("starts one machine when one clone is enough", async () => {
    run.env["CLONES"] = "1";
    writeBox(run);
    const child = await startStage(run);
    assert.equal(processesOf(run).filter((line) => line.includes("-blockdev")).length, 1);
    child.kill("SIGTERM");
    await ended(child);
    assert.deepEqual(processesOf(run), []);
  });

  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    it(`ends its machines and removes its folder on ${signal}`, async () => {
      writeBox(run);
      const child = await startStage(run);
      assert.equal(processesOf(run).filter((line) => line.includes("-blockdev")).length, 2);
      child.kill(signal);
      assert.equal(await ended(child), { SIGTERM: 143, SIGINT: 130, SIGHUP: 129 }[signal]);
      assert.deepEqual(processesOf(run), []);
      assert.deepEqual(leftBehind(run), ["boot-proof.log"]);
    });
  }

  it("leaves no machine when it is killed outright", async () => {
    writeBox(run);
    const child = await startStage(run);
    child.kill("SIGKILL");
    await ended(child);
    for (let tries = 0; processesOf(run).length > 0 && tries < 50; tries++) await sleep(100);
    assert.deepEqual(processesOf(run), []);
  });
});
