import assert from "node:assert/strict";

import { money } from "../../ops/cost/money";
import { listPrices } from "../../ops/cost/prices";
import { reportedCost, type CostFacts } from "../../ops/cost/reportedCost";
import { costHtml, costTitle } from "../../ops/report/costHtml";

const facts: CostFacts = {
  region: "us-east-1",
  started: "2026-11-24T01:00:00Z",
  baked: "2026-11-24T01:15:00Z",
  spot: false,
  resources: [
    { name: "builder", phase: "bake", kind: "instance", type: "t3.medium" },
    { name: "worker", phase: "whole", kind: "instance", type: "c6i.xlarge" },
    { name: "source's volume", phase: "after-bake", kind: "volume", GiB: 8 },
    { name: "snapshot of the AMI", phase: "after-bake", kind: "snapshot", GiB: 8 },
  ],
};
const use = { bytes: 2 ** 29, puts: 40, gets: 12 };
const now = new Date("2026-11-24T01:45:00Z");

describe("the cost in a report", () => {
  it("counts each resource from when it was made until it was published or stopped", () => {
    const { lines, total, until } = reportedCost(facts, use, now);
    assert.deepEqual(
      lines.map(({ name, quantity }) => [name, Number(quantity.toFixed(3))]),
      [
        ["builder", 0.25],
        ["worker", 0.75],
        ["source's volume", 0.5],
        ["snapshot of the AMI", 0.5],
        ["writing to the bucket", 0.04],
        ["reading from the bucket", 0.012],
      ],
    );
    const { instanceHour } = listPrices;
    const machines = 0.25 * instanceHour["t3.medium"]! + 0.75 * instanceHour["c6i.xlarge"]!;
    assert.ok(total > machines && total < machines + 0.002, String(total));
    assert.equal(until, "2026-11-24T01:45:00Z");
  });

  it("names day and region of the prices, the build's own region, and the prices of the settings", () => {
    const own = reportedCost(
      { ...facts, region: "eu-west-1", prices: { instanceHour: { "c6i.xlarge": 1 } } },
      use,
      now,
    );
    const html = costHtml(own);
    assert.match(
      html,
      /list prices of \d{4}-\d\d-\d\d in us-east-1, not of eu-west-1, but for your instanceHour\.c6i\.xlarge;/,
    );
    assert.match(
      html,
      /<td>worker, c6i\.xlarge<\/td><td>45 min<\/td><td>1\.00 USD an hour<\/td><td>0\.75 USD<\/td>/,
    );
  });

  it("says that a price is not known, and does not count it as nothing", () => {
    const strange = reportedCost(
      {
        ...facts,
        resources: [{ name: "worker", phase: "whole", kind: "instance", type: "x99.metal" }],
      },
      use,
      now,
    );
    assert.deepEqual(strange.unpriced, ["worker"]);
    assert.match(
      costHtml(strange),
      /<td>worker, x99\.metal<\/td><td>45 min<\/td><td>unknown<\/td><td>price not known<\/td>/,
    );
    assert.match(costTitle(strange), /and what has no price$/);
  });

  it("tells what goes on to cost after destroy: the boxes, and an AMI that is kept", () => {
    assert.deepEqual(
      reportedCost(facts, use, now).stays.map(({ name }) => name),
      ["version in the bucket"],
    );
    const { stays } = reportedCost({ ...facts, keepDays: 30 }, use, now);
    assert.deepEqual(
      stays.map(({ name, what, days }) => [name, what, days]),
      [
        ["version in the bucket", "0.50 GiB", undefined],
        ["snapshot of the AMI", "8 GiB at most", 30],
      ],
    );
  });

  it("marks a spot worker's price as the most it can be", () => {
    assert.match(
      costHtml(reportedCost({ ...facts, spot: true }, use, now)),
      /spot instance, which costs less/,
    );
  });
});

describe("an amount of money", () => {
  for (const [amount, text] of [
    [0, "0.00 USD"],
    [12.345, "12.35 USD"],
    [0.1, "0.10 USD"],
    [0.0312, "0.031 USD"],
    [0.00061, "0.00061 USD"],
    [0.00001, "less than 0.0001 USD"],
  ] as const) {
    it(`of ${amount} is ${text}`, () => assert.equal(money(amount, "USD"), text));
  }
});
