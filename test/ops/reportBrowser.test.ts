import assert from "node:assert/strict";

import { reportedCost } from "../../ops/cost/reportedCost";
import { buildReport } from "../../ops/report/reportData";
import { reportHtml } from "../../ops/report/reportHtml";
import { browser, measure } from "../support/browser";
import { onePixelPng, stageResults } from "./publishFixture";

/** Names and facts as long as they get: what breaks a narrow page. */
function longReport(): string {
  const long = "a-name-without-any-place-to-break-it".repeat(3);
  const report = buildReport({
    name: `acme/${long}`,
    version: "20261124.0.0",
    boxes: [
      {
        provider: "virtualbox",
        architecture: "amd64",
        bytes: 260_891_648,
        sha256: "ab".repeat(32),
      },
    ],
    provenance: { recipe: "cd".repeat(32), source: long, archive: `http://${long}.example/debian` },
    stages: stageResults,
    packages: Array.from({ length: 60 }, (_, index) => ({
      name: index % 9 === 0 ? long : `package-${index}`,
      version: index % 7 === 0 ? `1:${long}` : "1.2-3",
      architecture: "amd64",
    })),
    checks: Array.from({ length: 40 }, (_, index) => ({
      name: `check ${index} of ${index % 7 === 0 ? long : "something"}`,
      ok: true,
      detail: index % 5 === 0 ? long : "",
    })),
    cost: reportedCost(
      {
        region: "ap-northeast-1",
        started: "2026-11-24T01:00:00Z",
        spot: true,
        keepDays: 30,
        prices: { instanceHour: { "u7inh-32tb.480xlarge": 407.68 } },
        resources: [
          { name: "worker", phase: "whole", kind: "instance", type: "u7inh-32tb.480xlarge" },
          { name: "builder", phase: "bake", kind: "instance", type: "x99-flex.metal-48xl" },
          { name: "worker's disk", phase: "whole", kind: "volume", GiB: 16384, MiBps: 500 },
          { name: "snapshot of the AMI", phase: "after-bake", kind: "snapshot", GiB: 16384 },
        ],
      },
      { bytes: 260_891_648, puts: 31, gets: 12 },
      new Date("2026-11-24T03:00:00Z"),
    ),
  });
  // Unfolded, so that the list is measured too.
  return reportHtml({
    report,
    catalog: `/srv/${long}/catalog.json`,
    screenshot: onePixelPng,
  }).replace("<details>", "<details open>");
}

describe("report.html in a real browser", function () {
  this.timeout(60_000);

  it("is as wide as the screen, from a small telephone to a desktop, and no wider", function () {
    if (browser === undefined) {
      console.log("      skipped: there is no chromium here; apt-get install chromium to run it");
      this.skip();
    }
    for (const measured of measure(longReport(), [320, 390, 768, 1280])) {
      assert.equal(measured.scrollWidth, measured.width);
      assert.deepEqual(measured.outside, [], `${measured.width} px`);
      assert.ok(measured.smallestText >= 12, `${measured.smallestText} px`);
    }
  });
});
