import assert from "node:assert/strict";

import { buildCost } from "../../ops/cost/buildCost";
import { withOverrides, type Prices } from "../../ops/cost/prices";

const prices: Prices = {
  asOf: "2026-01-01",
  region: "moon-1",
  currency: "USD",
  instanceHour: { "c9.large": 0.1 },
  volumeGiBMonth: 0.72,
  volumeThroughputMonth: 0.072,
  snapshotGiBMonth: 0.36,
  publicAddressHour: 0.005,
  objectGiBMonth: 0.02,
  putRequests: 0.005,
  getRequests: 0.0004,
};

describe("the cost of a build", () => {
  it("is the time each resource was there, at its price", () => {
    const { lines, total, unpriced } = buildCost(
      [
        { kind: "instance", name: "worker", type: "c9.large", hours: 0.5 },
        { kind: "address", name: "worker's address", hours: 0.5 },
        { kind: "volume", name: "worker's disk", GiB: 20, hours: 0.5 },
        { kind: "snapshot", name: "baked snapshot", GiB: 4, hours: 1 },
      ],
      prices,
    );
    assert.deepEqual(
      lines.map(({ cost }) => cost?.toFixed(4)),
      ["0.0500", "0.0025", "0.0100", "0.0020"],
    );
    assert.equal(total.toFixed(4), "0.0645");
    assert.deepEqual(unpriced, []);
  });

  it("counts a volume's throughput above what comes with it, and requests by the thousand", () => {
    const { lines } = buildCost(
      [{ kind: "volume", name: "disk", GiB: 20, MiBps: 225, hours: 1 }],
      prices,
      [{ name: "writing", kind: "put", count: 40 }],
    );
    assert.deepEqual(
      lines.map(({ what, quantity, unit, rate, cost }) => [
        what,
        quantity,
        unit,
        rate?.toFixed(4),
        cost?.toFixed(4),
      ]),
      [
        ["20 GiB gp3, 225 MiB/s", 1, "hour", "0.0300", "0.0300"],
        ["40 requests", 0.04, "1000 requests", "0.0050", "0.0002"],
      ],
    );
  });

  it("says what has no price instead of taking it for free", () => {
    const cost = buildCost(
      [{ kind: "instance", name: "worker", type: "x99.metal", hours: 1 }],
      prices,
    );
    assert.deepEqual(cost.unpriced, ["worker"]);
    assert.equal(cost.lines[0]?.cost, undefined);
  });

  it("counts a minute at least", () => {
    const { total } = buildCost(
      [{ kind: "instance", name: "worker", type: "c9.large", hours: 0 }],
      prices,
    );
    assert.equal(total.toFixed(5), (0.1 / 60).toFixed(5));
  });

  it("takes a price of the settings before the table's", () => {
    const own = withOverrides(prices, { instanceHour: { "x99.metal": 8 } });
    const { total } = buildCost(
      [
        { kind: "instance", name: "a", type: "x99.metal", hours: 1 },
        { kind: "instance", name: "b", type: "c9.large", hours: 1 },
      ],
      own,
    );
    assert.equal(total.toFixed(2), "8.10");
  });
});
