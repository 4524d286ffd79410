import assert from "node:assert/strict";

import fc from "fast-check";

import { timelineSvg } from "../../ops/report/timelineSvg";

describe("timelineSvg", () => {
  const bars = (svg: string): { x: number; width: number }[] =>
    [...svg.matchAll(/class="bar" x="([\d.]+)%" y="\d+" width="([\d.]+)%"/g)].map(
      ([, x, width]) => ({ x: Number(x), width: Number(width) }),
    );

  it("begins each stage where its predecessor ended, and ends at the right edge", () => {
    const [first, second, third] = bars(
      timelineSvg([
        { name: "a", seconds: 50 },
        { name: "b", seconds: 25 },
        { name: "c", seconds: 25 },
      ]),
    );
    assert.deepEqual(
      [first, second, third],
      [
        { x: 0, width: 50 },
        { x: 50, width: 25 },
        { x: 75, width: 25 },
      ],
    );
  });

  it("draws every stage inside the picture, however long or short it was", () => {
    const seconds = fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(seconds, (times) => {
        const drawn = bars(timelineSvg(times.map((each) => ({ name: "s", seconds: each }))));
        assert.equal(drawn.length, times.length);
        for (const { x, width } of drawn) {
          assert.ok(x >= 0 && width >= 0.8 && x + width <= 100.02, `${x} ${width}`);
        }
      }),
    );
  });

  it("tells the whole time to those who cannot see it", () => {
    const svg = timelineSvg([{ name: "a", seconds: 250 }]);
    assert.match(svg, /role="img" aria-label="Time of each stage, 4 min 10 s in all"/);
  });
});
