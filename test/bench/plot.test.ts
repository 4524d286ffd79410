import assert from "node:assert/strict";
import fc from "fast-check";

import { childSeconds, measure } from "../../bench/measure";
import { chartSvg, spreadLabels, ticks, type Chart } from "../../bench/plot";
import { median } from "../../bench/statistics";
import { parseXml } from "../../formats/ovf/xmlReader";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const chart: Chart = {
  title: "Time & size",
  xLabel: "GiB",
  yLabel: "seconds",
  series: [
    {
      label: "a <b>",
      colour: "#123456",
      points: [
        { x: 8, y: 50 },
        { x: 16, y: 72 },
      ],
    },
    {
      label: "c",
      colour: "#654321",
      points: [
        { x: 8, y: 7 },
        { x: 64, y: 7.5 },
      ],
    },
  ],
};

describe("chart of the benchmark", () => {
  it("is well-formed XML that names axes and lines and escapes what they are called", () => {
    const svg = chartSvg(chart);
    parseXml(svg);
    for (const text of ["Time &amp; size", ">GiB<", ">seconds<", "a &lt;b&gt;", ">c<", ">64<"]) {
      assert.ok(svg.includes(text), text);
    }
  });

  it("draws nothing outside its image", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            x: fc.double({ min: 0, max: 1e4, noNaN: true }),
            y: fc.double({ min: 0, max: 1e5, noNaN: true }),
          }),
          {
            minLength: 1,
            maxLength: 8,
          },
        ),
        (points) => {
          const svg = chartSvg({ ...chart, series: [{ label: "l", colour: "red", points }] });
          for (const [, x, y] of svg.matchAll(/cx="([^"]+)" cy="([^"]+)"/g)) {
            assert.ok(Number(x) >= 0 && Number(x) <= 720, x);
            assert.ok(Number(y) >= 0 && Number(y) <= 400, y);
          }
        },
      ),
    );
  });

  it("has round marks from zero to the largest value or beyond", () => {
    assert.deepEqual(ticks(72), [0, 20, 40, 60, 80]);
    assert.deepEqual(ticks(5), [0, 1, 2, 3, 4, 5]);
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1e6, noNaN: true }), (largest) => {
        const marks = ticks(largest);
        assert.equal(marks[0], 0);
        assert.ok((marks.at(-1) as number) >= largest * (1 - 1e-9));
        assert.ok(marks.length <= 7, `${marks.length} marks`);
      }),
    );
  });

  it("keeps the names of lines that end together apart", () => {
    const placed = spreadLabels([100, 101, 300]);
    assert.ok(Math.abs((placed[0] as number) - (placed[1] as number)) >= 18);
    assert.equal(placed[2], 300);
  });
});

describe("measurements of the benchmark", () => {
  it("take the middle of the runs", () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([4, 1]), 2.5);
    assert.throws(() => median([]), /no values/);
  });

  it("read processor seconds of children only", () => {
    assert.equal(childSeconds("0m0.010s 0m0.020s\n1m2.500s 0m0.500s\n"), 63);
  });

  it("count what a command takes, and tell why one failed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ami2box-measure-"));
    try {
      const work = join(folder, "work");
      const script =
        'mkdir -p "$WORK"; head -c 4M /dev/zero >"$WORK/file"; echo "copy 1.5" >"$STEPS"; sleep 0.5';
      const { seconds, steps, peakDiskBytes } = await measure(["sh", "-c", script], {}, work, true);
      assert.ok(seconds >= 0.5);
      assert.deepEqual(steps, { copy: 1.5 });
      assert.ok((peakDiskBytes ?? 0) >= 4 << 20, String(peakDiskBytes));
      await assert.rejects(
        measure(["sh", "-c", "echo no such disk >&2; exit 3"], {}, work),
        /status 3:\nno such disk/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
