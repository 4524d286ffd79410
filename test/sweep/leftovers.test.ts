import assert from "node:assert/strict";

import {
  findLeftovers,
  needState,
  resourceKinds,
  type OwnedResource,
  type StackState,
} from "../../ops/sweep/leftovers";
import { leftoverTable, monthlySum } from "../../ops/sweep/table";

const now = new Date("2026-11-24T12:00:00Z");
const hoursAgo = (hours: number): Date => new Date(now.getTime() - hours * 3_600_000);

function resource(
  id: string,
  over: Partial<OwnedResource> = {},
  expiresInHours = 4,
): OwnedResource {
  return {
    kind: "instance",
    id,
    ownership: {
      project: "ami2box",
      stack: "nightly",
      run: "r1",
      expires: hoursAgo(-expiresInHours),
    },
    created: hoursAgo(2),
    monthlyCost: 10,
    ...over,
  };
}

const state =
  (...names: string[]) =>
  (): StackState => ({ names: new Set(names), isShared: true });
const onThisMachine =
  (...names: string[]) =>
  (): StackState => ({ names: new Set(names), isShared: false });
const unreadable = (): undefined => undefined;

describe("leftovers", () => {
  it("are what is past its expiry, even when a state knows it", () => {
    const found = findLeftovers(
      [resource("i-1", {}, -1), resource("i-2")],
      now,
      state("i-1", "i-2"),
    );
    assert.deepEqual(
      found.map(({ id, reason }) => [id, reason]),
      [["i-1", "expired"]],
    );
  });

  it("are what no state knows an hour after it was made", () => {
    const fresh = resource("i-fresh", { created: hoursAgo(0.5) });
    const found = findLeftovers(
      [resource("i-lost"), fresh, resource("i-known")],
      now,
      state("i-known"),
    );
    assert.deepEqual(
      found.map(({ id, reason }) => [id, reason]),
      [["i-lost", "not in the state"]],
    );
  });

  it("are not guessed when the state cannot be read or the age is not known", () => {
    assert.deepEqual(findLeftovers([resource("i-1")], now, unreadable), []);
    assert.deepEqual(findLeftovers([resource("r", { created: undefined })], now, state()), []);
  });

  it("are not taken from a run that this machine's own state has never heard of", () => {
    assert.deepEqual(findLeftovers([resource("i-theirs")], now, onThisMachine("i-1")), []);
    const [lost] = findLeftovers([resource("i-lost")], now, onThisMachine("i-1", "r1"));
    assert.equal(lost?.id, "i-lost");
  });

  it("are no image that is to outlive its stack, nor its snapshot, before their time", () => {
    const image = resource("ami-1", { kind: "image", isKept: true });
    const snapshot = resource("snap-1", { kind: "snapshot", image: "ami-1", isKept: true });
    assert.deepEqual(findLeftovers([image, snapshot], now, state()), []);
    assert.deepEqual(needState([image, snapshot], now), []);
  });

  it("are no image that a stack still has, whatever its expiry: it may be all the stack is for", () => {
    const image = resource("ami-1", { kind: "image" }, -1);
    assert.deepEqual(findLeftovers([image], now, state("ami-1")), []);
    assert.deepEqual(needState([image], now), [image]);
    assert.equal(findLeftovers([image], now, state())[0]?.reason, "expired");
    assert.equal(findLeftovers([image], now, unreadable)[0]?.reason, "expired");
  });

  it("are a snapshot exactly when its image is one", () => {
    const snapshot = resource("snap-1", { kind: "snapshot", image: "ami-1" });
    const image = (hours: number): OwnedResource => resource("ami-1", { kind: "image" }, hours);
    assert.deepEqual(findLeftovers([snapshot, image(4)], now, state("ami-1")), []);
    assert.deepEqual(
      findLeftovers([snapshot, image(-1)], now, state()).map(({ id, reason }) => [id, reason]),
      [
        ["ami-1", "expired"],
        ["snap-1", "expired"],
      ],
    );
  });

  it("ask for a state only where it decides", () => {
    const fresh = resource("i-fresh", { created: hoursAgo(0.5) });
    const upload = resource("s3://b/k#u", { kind: "multipart upload" });
    const asked = needState([resource("i-1"), resource("i-2", {}, -1), fresh, upload], now);
    assert.deepEqual(
      asked.map(({ id }) => id),
      ["i-1"],
    );
  });

  it("come in an order in which they can be deleted", () => {
    const every = [...resourceKinds].reverse().map((kind) => resource(kind, { kind }, -1));
    assert.deepEqual(
      findLeftovers(every, now, unreadable).map(({ kind }) => kind),
      resourceKinds,
    );
  });

  it("are told with whose they are, why, their age and what they cost", () => {
    const found = findLeftovers(
      [
        resource("i-1", { created: hoursAgo(0.2), region: "eu-west-1" }, -1),
        resource(
          "vol-1",
          {
            region: "eu-west-1",
            kind: "volume",
            created: hoursAgo(24 * 9),
            monthlyCost: undefined,
          },
          -1,
        ),
      ],
      now,
      unreadable,
    );
    assert.equal(
      leftoverTable(found, now),
      [
        "kind      id     region     stack            why      age     USD a month",
        "instance  i-1    eu-west-1  ami2box/nightly  expired  12 min  10.00",
        "volume    vol-1  eu-west-1  ami2box/nightly  expired  9 days  not known",
        "",
      ].join("\n"),
    );
    assert.equal(monthlySum(found), 10);
  });
});
