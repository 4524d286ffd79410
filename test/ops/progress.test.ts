import assert from "node:assert/strict";

import type { EngineEvent } from "@pulumi/pulumi/automation";

import { ProgressDisplay } from "../../ops/box/progress";
import { recordingAnnouncer } from "../setup/support";

const order = ["preflight", "provision", "raw-disk", "box", "publish"] as const;

function diagnostic(resource: string, message: string, severity = "info"): EngineEvent {
  const urn = `urn:pulumi:local::ami2box::ami2box:index:BoxPipeline$command:local:Command::${resource}`;
  return {
    sequence: 1,
    timestamp: 1,
    diagnosticEvent: { urn, message, severity, color: "never" },
  } as EngineEvent;
}

describe("ProgressDisplay", () => {
  let announcer: ReturnType<typeof recordingAnnouncer>;
  let display: ProgressDisplay;

  beforeEach(() => {
    announcer = recordingAnnouncer();
    display = new ProgressDisplay(announcer, order);
  });

  it("announces the start and the end of each stage, with its number, and keeps the lines", () => {
    display.handle(diagnostic("preflight-checks", "preflight: started\n"));
    display.handle(diagnostic("box-raw-disk", "raw-disk: started"));
    display.handle(diagnostic("box-raw-disk", "raw-disk: done in 10.7 s"));
    display.handle(diagnostic("box-box", "box: started"));
    assert.deepEqual(announcer.lines, [
      "[1/5] preflight: started",
      "[3/5] raw-disk: started",
      "[3/5] raw-disk: done in 10.7 s",
      "[4/5] box: started",
    ]);
    assert.deepEqual(announcer.steps, []);
  });

  it("shows what is going on in between as passing", () => {
    display.handle(diagnostic("box-box", "box: 42% compressing 310 of 740 MB"));
    assert.deepEqual(announcer.steps, ["[4/5] box: 42% compressing 310 of 740 MB"]);
    assert.deepEqual(announcer.lines, []);
  });

  it("takes a message of several lines, and the engine's marks for colours", () => {
    display.handle(
      diagnostic(
        "box-provision",
        "<{%reset%}>provision: started\nprovision: cleaning up<{%reset%}>",
      ),
    );
    assert.deepEqual(announcer.lines, ["[2/5] provision: started"]);
    assert.deepEqual(announcer.steps, ["[2/5] provision: cleaning up"]);
  });

  it("shows of the preflight's table what is not in order, and the sum", () => {
    display.handle(
      diagnostic(
        "preflight-checks",
        [
          "preflight:   check        found                    verdict  remedy",
          "preflight:   kernel       6.1.0-56-amd64           ok",
          "preflight:   fstab        entries of another disk  fix      only / and what needs no disk",
          "preflight:   network      a fix is in the name     ok",
          "preflight:   cloud-init   looks for a cloud        fix      only with a disk of its own",
          "preflight:   cloud-users  account admin            skipped  turned off by provisioning.skipFixes",
          "preflight: 5 checks: 2 ok, 2 to be fixed, 1 skipped",
        ].join("\n"),
      ),
    );
    assert.deepEqual(announcer.lines, [
      "      fstab        entries of another disk  fix      only / and what needs no disk",
      "      cloud-init   looks for a cloud        fix      only with a disk of its own",
      "      cloud-users  account admin            skipped  turned off by provisioning.skipFixes",
      "      5 checks: 2 ok, 2 to be fixed, 1 skipped",
    ]);
    assert.deepEqual(announcer.steps, []);
  });

  it("collects the reason of a failure with the end of the log before it", () => {
    display.handle(diagnostic("box-provision", "  | E: Unable to locate package nope"));
    display.handle(diagnostic("box-provision", "provision: error: apt-get failed with status 100"));
    assert.deepEqual(display.failures, [
      "| E: Unable to locate package nope",
      "provision: apt-get failed with status 100",
    ]);
    assert.deepEqual([...announcer.lines, ...announcer.steps], []);
  });

  it("collects every reason of a stage that tells several", () => {
    display.handle(
      diagnostic("preflight-checks", "preflight: error: no room\npreflight: error: no overlayfs"),
    );
    assert.deepEqual(display.failures, ["preflight: no room", "preflight: no overlayfs"]);
  });

  it("leaves out the engine's own account of a failure, which repeats the command line", () => {
    const text =
      "error: exit status 1: running \"WORK_DIR='w' bash 'scripts/run-stage.sh' box 3600\"";
    display.handle(diagnostic("box-box", text, "error"));
    assert.deepEqual(display.failures, []);
    assert.deepEqual(announcer.lines, []);
  });

  it("passes over other events, other resources and lines that are not a stage's", () => {
    display.handle({ sequence: 1, timestamp: 1 });
    display.handle(diagnostic("worker-directory", "box: started"));
    display.handle(diagnostic("box-box", "raw-disk: started"));
    display.handle(diagnostic("box-box", "warning: nothing of interest"));
    display.handle({
      sequence: 1,
      timestamp: 1,
      diagnosticEvent: { message: "box: started", severity: "info", color: "never" },
    });
    assert.deepEqual([...announcer.lines, ...announcer.steps, ...display.failures], []);
  });
});
