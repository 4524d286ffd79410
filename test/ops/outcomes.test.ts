import assert from "node:assert/strict";

import type { EngineEvent } from "@pulumi/pulumi/automation";

import { boxTable, isThere } from "../../ops/box/boxTable";
import { BoxOutcomes } from "../../ops/box/outcomes";

/** Events as the engine has them, a second apart. */
class Events {
  public readonly list: EngineEvent[] = [];

  public step(
    kind: "resourcePreEvent" | "resOutputsEvent" | "resOpFailedEvent",
    name: string,
    op = "create",
  ): this {
    return this.add({ [kind]: { metadata: { op, urn: urnOf(name) } } });
  }

  public done(name: string, op = "create"): this {
    return this.step("resourcePreEvent", name, op).step("resOutputsEvent", name, op);
  }

  public says(name: string, message: string): this {
    return this.add({ diagnosticEvent: { urn: urnOf(name), message, severity: "info" } });
  }

  public add(event: object): this {
    this.list.push({ sequence: 0, timestamp: 100 + this.list.length, ...event });
    return this;
  }
}

const urnOf = (name: string): string => `urn:pulumi:local::ami2box::command:local:Command::${name}`;

function after(events: Events, keys = ["a", "a-b"]): BoxOutcomes {
  const outcomes = new BoxOutcomes(keys);
  for (const event of events.list) outcomes.handle(event);
  return outcomes;
}

describe("the outcome of a box", () => {
  it("is made when all that was begun has ended well, with the time that took", () => {
    const outcomes = after(new Events().done("a:box-raw-disk").done("a:box-publish"));
    assert.deepEqual(outcomes.of("a"), { outcome: "made", seconds: 3, reasons: [] });
  });

  it("is told from that of another whose name begins alike", () => {
    const outcomes = after(
      new Events().done("a:box-publish").step("resOpFailedEvent", "a-b:box-box"),
    );
    assert.equal(outcomes.of("a").outcome, "made");
    assert.equal(outcomes.of("a-b").failedIn, "box");
  });

  it("is unchanged when nothing of it was done", () => {
    assert.equal(after(new Events().done("a:box-publish", "same")).of("a").outcome, "unchanged");
  });

  it("is failed with the first stage that failed, and what that said", () => {
    const outcomes = after(
      new Events()
        .step("resourcePreEvent", "a:box-provision")
        .says(
          "a:box-provision",
          "provision: own.sh\n<{%reset%}>provision: error: own.sh ended with status 3<{%reset%}>",
        )
        .says("a:box-provision", 'error: exit status 1: running "PASSWORD=.."')
        .step("resOpFailedEvent", "a:box-provision")
        .step("resOpFailedEvent", "a:box-publish"),
    );
    assert.deepEqual(outcomes.of("a"), {
      outcome: "failed",
      seconds: 4,
      failedIn: "provision",
      reasons: ["provision: error: own.sh ended with status 3"],
    });
  });

  it("is failed in a resource that runs no stage, with the engine's word", () => {
    const outcomes = after(
      new Events()
        .step("resourcePreEvent", "a:worker-instance")
        .says("a:worker-instance", "error: creating EC2 Instance: VcpuLimitExceeded")
        .step("resOpFailedEvent", "a:worker-instance"),
    );
    const { failedIn, reasons } = outcomes.of("a");
    assert.equal(failedIn, "worker-instance");
    assert.deepEqual(reasons, ["error: creating EC2 Instance: VcpuLimitExceeded"]);
  });

  it("is not finished when the engine ended before it did, or never came to it", () => {
    const outcomes = after(
      new Events().done("a:box-box").step("resourcePreEvent", "a:box-publish"),
    );
    assert.equal(outcomes.of("a").outcome, "not finished");
    assert.equal(outcomes.of("a-b").outcome, "not finished");
  });
});

describe("the table of boxes", () => {
  const rows = [
    {
      label: "acme/one",
      version: "1.0.0",
      outcome: "made",
      seconds: 93,
      reasons: [],
      where: "out/one.box",
    },
    {
      label: "b",
      version: "20261124.0.0",
      outcome: "failed",
      failedIn: "boot-proof",
      seconds: 5,
      reasons: ["boot-proof: error: no SSH"],
    },
    {
      label: "c",
      version: "2.0.0",
      outcome: "unchanged",
      seconds: 0,
      reasons: [],
      where: "out/c.box",
    },
  ] as const;

  it("has a row for each box, and the reasons of those that failed below", () => {
    assert.equal(
      boxTable(rows),
      `box       version       outcome               time        where
acme/one  1.0.0         made                  1 min 33 s  out/one.box
b         20261124.0.0  failed in boot-proof  5 s
c         2.0.0         unchanged                         out/c.box

b: boot-proof: error: no SSH`,
    );
  });

  it("takes made and unchanged for there", () => {
    assert.deepEqual(rows.map(isThere), [true, false, true]);
  });
});
