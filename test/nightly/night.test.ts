import assert from "node:assert/strict";

import {
  leftoversStatus,
  runNight,
  type Made,
  type NightInterruption,
  type NightOutcome,
  type NightSteps,
} from "../../ops/nightly/night";
import { withRetention } from "../../ops/nightly/retention";

const box: Made = {
  what: "demo 20261124.0.0",
  places: [
    "box https://boxes.example.org/demo.box",
    "report https://boxes.example.org/report.html",
  ],
};

/** A night whose steps are told to succeed or fail; remembers what was done. */
class SampleNight {
  public readonly done: string[] = [];
  public readonly said: string[] = [];
  private readonly controller = new AbortController();
  private signalStatus: number | undefined;

  public constructor(private readonly overrides: Partial<NightSteps> = {}) {}

  public interrupt(status: number): void {
    this.signalStatus = status;
    this.controller.abort();
  }

  public run(buildMs = 60_000): Promise<NightOutcome> {
    const interruption: NightInterruption = {
      signal: this.controller.signal,
      status: () => this.signalStatus,
    };
    const line = (text: string): void => void this.said.push(text);
    return runNight(this.steps(), { buildMs, destroyPausesMs: [1, 1] }, interruption, {
      line,
      progress: line,
    });
  }

  private steps(): NightSteps {
    const steps: NightSteps = { ...sampleSteps, ...this.overrides };
    return {
      ...steps,
      up: (signal) => {
        this.done.push("up");
        return steps.up(signal);
      },
      destroy: (afterFailure) => {
        this.done.push(afterFailure ? "destroy after a failure" : "destroy");
        return steps.destroy(afterFailure);
      },
    };
  }
}

/** A night in which all goes well. */
const sampleSteps: NightSteps = {
  findUnchanged: () => Promise.resolve(undefined),
  hasLeftovers: () => Promise.resolve(false),
  up: () => Promise.resolve(box),
  destroy: () => Promise.resolve(),
};

/** An `up` that goes on until it is told to end, as the engine does. */
const endless = (signal: AbortSignal): Promise<Made> =>
  new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(new Error("update was cancelled"))),
  );

describe("a night", () => {
  it("builds, cleans up and says where the box and the report are", async () => {
    const night = new SampleNight();
    const { status, line } = await night.run();
    assert.equal(status, 0);
    assert.deepEqual(night.done, ["up", "destroy"]);
    for (const place of box.places) assert.ok(line.includes(place), line);
  });

  it("removes old versions once a new one is published, says so, and only then", async () => {
    const old = ["old versions of demo removed: 20261101.0.0"];
    const run = (up: NightSteps["up"]): Promise<Made> =>
      withRetention({ ...sampleSteps, up }, () => Promise.resolve(old)).up(
        new AbortController().signal,
      );
    assert.deepEqual((await run(() => Promise.resolve(box))).places, [...box.places, ...old]);
    await assert.rejects(
      run(() => Promise.reject(new Error("boot-proof: no login"))),
      /no login/,
    );
  });

  it("builds nothing and says so when nothing has changed", async () => {
    const night = new SampleNight({ findUnchanged: () => Promise.resolve(box) });
    const { status, line } = await night.run();
    assert.equal(status, 0);
    assert.deepEqual(night.done, []);
    assert.match(line, /nothing has changed since demo 20261124\.0\.0/);
  });

  it("removes what an earlier night left even when nothing has changed", async () => {
    const night = new SampleNight({
      findUnchanged: () => Promise.resolve(box),
      hasLeftovers: () => Promise.resolve(true),
    });
    assert.equal((await night.run()).status, 0);
    assert.deepEqual(night.done, ["destroy"]);
  });

  it("begins nothing with wrong settings", async () => {
    const night = new SampleNight({
      findUnchanged: () => Promise.reject(new Error("publish.bucket: is missing")),
    });
    const { status, line } = await night.run();
    assert.equal(status, 1);
    assert.deepEqual(night.done, []);
    assert.match(line, /nothing was begun: publish\.bucket/);
  });

  it("cleans up after a failed build and keeps the build's status", async () => {
    const night = new SampleNight({ up: () => Promise.reject(new Error("boot-proof: no login")) });
    const { status, line } = await night.run();
    assert.equal(status, 1);
    assert.deepEqual(night.done, ["up", "destroy after a failure"]);
    assert.match(line, /no box was published: boot-proof: no login; all else is removed$/);
  });

  it("ends a build that takes too long, and cleans up", async () => {
    const night = new SampleNight({ up: endless });
    const { status, line } = await night.run(20);
    assert.equal(status, 1);
    assert.deepEqual(night.done, ["up", "destroy after a failure"]);
    assert.match(line, /ended after its limit/);
  });

  for (const [name, number] of [
    ["SIGINT", 2],
    ["SIGTERM", 15],
  ] as const) {
    it(`cleans up after ${name} and ends with the status a shell expects`, async () => {
      const night = new SampleNight({ up: endless });
      const outcome = night.run();
      setTimeout(() => night.interrupt(128 + number), 5);
      const { status, line } = await outcome;
      assert.equal(status, 128 + number);
      assert.deepEqual(night.done, ["up", "destroy after a failure"]);
      assert.match(line, /interrupted; no box was published; all else is removed/);
    });
  }

  it("tries again to destroy", async () => {
    let failures = 2;
    const night = new SampleNight({
      destroy: () =>
        failures-- > 0 ? Promise.reject(new Error("DependencyViolation")) : Promise.resolve(),
    });
    assert.equal((await night.run()).status, 0);
    assert.deepEqual(night.done, [
      "up",
      "destroy",
      "destroy after a failure",
      "destroy after a failure",
    ]);
  });

  it("tells loudly when resources stay, and does not pass for a good night", async () => {
    const night = new SampleNight({
      destroy: () => Promise.reject(new Error("DependencyViolation")),
    });
    const { status, line } = await night.run();
    assert.equal(status, leftoversStatus);
    assert.equal(night.done.length, 4);
    assert.match(line, /RESOURCES ARE LEFT: DependencyViolation/);
  });

  describe("of several boxes", () => {
    const some: Made = {
      what: "2 of 3 boxes",
      places: ["each in the table above"],
      table: "box  outcome",
      failed: ["acme/two (provision)"],
    };

    it("fails when one was not made, says which, and has the table of all", async () => {
      const night = new SampleNight({ up: () => Promise.resolve(some) });
      const { status, line, table } = await night.run();
      assert.equal(status, 1);
      assert.equal(
        line,
        "nightly: 2 of 3 boxes are published, not acme/two (provision); all else is removed",
      );
      assert.equal(table, some.table);
      assert.deepEqual(night.done, ["up", "destroy after a failure"]);
    });

    it("succeeds when all were made", async () => {
      const all = { ...some, what: "3 boxes", failed: [] };
      const { status, line } = await new SampleNight({ up: () => Promise.resolve(all) }).run();
      assert.equal(status, 0);
      assert.match(line, /^nightly: 3 boxes are published: each in the table above; all else/);
    });

    it("tells of those that were made before it was interrupted or took too long", async () => {
      const untilEnded = async (signal: AbortSignal): Promise<Made> => {
        await endless(signal).catch(() => undefined);
        return some;
      };
      const interrupted = new SampleNight({ up: untilEnded });
      setTimeout(() => interrupted.interrupt(143), 20);
      const outcome = await interrupted.run();
      assert.equal(outcome.status, 143);
      assert.match(outcome.line, /^nightly: interrupted; 2 of 3 boxes are published/);
      const late = await new SampleNight({ up: untilEnded }).run(20);
      assert.equal(late.status, 1);
      assert.match(late.line, /^nightly: ended after its limit of .*; 2 of 3 boxes are published/);
    });
  });
});
