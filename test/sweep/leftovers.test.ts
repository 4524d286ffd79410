import assert from "node:assert/strict";

import { findLeftovers, resourceKinds, type OwnedResource } from "../../ops/sweep/leftovers";
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
  (...ids: string[]) =>
  (): ReadonlySet<string> =>
    new Set(ids);
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
        resource("i-1", { created: hoursAgo(0.2) }, -1),
        resource(
          "vol-1",
          { kind: "volume", created: hoursAgo(24 * 9), monthlyCost: undefined },
          -1,
        ),
      ],
      now,
      unreadable,
    );
    assert.equal(
      leftoverTable(found, now),
      [
        "kind      id     stack            why      age     USD a month",
        "instance  i-1    ami2box/nightly  expired  12 min  10.00",
        "volume    vol-1  ami2box/nightly  expired  9 days  not known",
        "",
      ].join("\n"),
    );
    assert.equal(monthlySum(found), 10);
  });
});
