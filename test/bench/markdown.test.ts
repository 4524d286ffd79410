import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { allFigures, markdownTable, readmeFigures, replaceMarked } from "../../bench/markdown";
import { resultsTable, seriesOf, type Results, type RouteResult } from "../../bench/figures";

const route = (name: RouteResult["route"], seconds: number): RouteResult => ({
  route: name,
  runs: 1,
  seconds,
  cpuSeconds: seconds,
  steps: { copy: 1.5 },
  boxBytes: 250e6,
  peakMemoryBytes: 100e6,
  peakDiskBytes: 900e6,
});

const results: Results = {
  machine: {
    processors: 2,
    model: "some",
    node: "20.0.0",
    virtualBox: "7.2.22",
    loadAtStart: 0.1,
    loadAtEnd: 2,
  },
  source: { usedBytes: 830e6, diskGiB: 8 },
  routes: [route("seed", 50), route("default", 5)],
  ratios: { "seed / default": 10, "box size: default / seed": 0.991 },
  byDiskSize: { seed: [{ x: 8, seconds: 50 }] },
  byContentSize: {},
  slowSource: {
    delayMs: 5,
    tree: "usr/share",
    seedSeconds: 80,
    oursSeconds: 8,
    reads: 6516,
    mostAtOnce: 34,
  },
};

describe("figures of the benchmark in documents", () => {
  it("go between their marks and leave the rest as it is, however often", () => {
    for (const name of ["README.md", "docs/benchmarks.md"]) {
      const document = readFileSync(join(__dirname, "../..", name), "utf8");
      const once = replaceMarked(document, "figures");
      assert.match(once, /-->\n\nfigures\n\n<!-- end -->/);
      assert.equal(replaceMarked(once, "figures"), once);
      assert.ok(once.startsWith(document.slice(0, 50)) && once.endsWith(document.slice(-50)));
    }
    assert.throws(() => replaceMarked("no marks", "figures"), /no place for the figures/);
  });

  it("stand in tables with even columns", () => {
    assert.equal(
      markdownTable([
        ["a", "long"],
        ["longer", "b"],
      ]),
      "| a      | long |\n| ------ | ---- |\n| longer | b    |",
    );
  });

  it("tell ratios, targets and sizes", () => {
    assert.match(readmeFigures(results), /`default` +\| 10\.0 times .*\| 0\.9 % smaller/);
    assert.match(allFigures(results), /seed \/ default +\| 10\.00 +\| at least 10/);
    assert.match(resultsTable(results), /seed \/ default +10\.00 {2}\(target 10\)/);
  });

  it("become lines with a name of their own", () => {
    const [line] = seriesOf(results.byDiskSize);
    assert.deepEqual(line?.points, [{ x: 8, y: 50 }]);
    assert.equal(line.label, "the seed's steps");
  });
});
