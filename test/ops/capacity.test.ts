import assert from "node:assert/strict";

import fc from "fast-check";

import { boxesAtOnce, needsOf, roomHere, type BoxNeeds, type Room } from "../../ops/box/capacity";
import type { Plan } from "../../settings/plan";

const GiB = 2 ** 30;
const need = (over: Partial<BoxNeeds> = {}): BoxNeeds => ({
  memoryBytes: 4 * GiB,
  keptBytes: 2 * GiB,
  passingBytes: GiB,
  ...over,
});
const five = Array.from({ length: 5 }, () => need());
const large: Room = { processors: 64, memoryBytes: 512 * GiB, freeBytes: 999 * GiB };

describe("how many boxes are made at once on a machine", () => {
  for (const [what, room, needs, expected] of [
    ["all where there is room", large, five, { count: 5, limit: "boxes", tight: false }],
    [
      "one a processor",
      { ...large, processors: 3 },
      five,
      { count: 3, limit: "processors", tight: false },
    ],
    [
      "as many as memory holds",
      { ...large, memoryBytes: 9 * GiB },
      five,
      { count: 2, limit: "memory", tight: false },
    ],
    [
      "as many as have room on the disk besides what stays of all",
      { ...large, freeBytes: 13 * GiB },
      five,
      { count: 3, limit: "free disk", tight: false },
    ],
    [
      "one at least",
      { ...large, memoryBytes: GiB },
      five,
      { count: 1, limit: "memory", tight: false },
    ],
    [
      "one, with a warning, where the disk is too small",
      { ...large, freeBytes: GiB },
      five,
      { count: 1, limit: "free disk", tight: true },
    ],
    [
      "few where one is greedy, as it may be among those at work",
      { ...large, memoryBytes: 20 * GiB },
      [need(), need(), need({ memoryBytes: 15 * GiB })],
      { count: 2, limit: "memory", tight: false },
    ],
  ] as const) {
    it(`is ${what}`, () => assert.deepEqual(boxesAtOnce(room, needs), expected));
  }

  it("never takes more memory or disk than there is, whichever boxes are at work", () => {
    const size = fc.integer({ min: 1, max: 8 }).map((n) => n * GiB);
    fc.assert(
      fc.property(
        fc.record({
          processors: fc.integer({ min: 1, max: 16 }),
          memoryBytes: size,
          freeBytes: size,
        }),
        fc.array(fc.record({ memoryBytes: size, keptBytes: size, passingBytes: size }), {
          minLength: 1,
          maxLength: 6,
        }),
        (room, needs) => {
          const { count } = boxesAtOnce(room, needs);
          assert.ok(count >= 1 && count <= needs.length && count <= room.processors);
          if (count === 1) return;
          const most = (of: (each: BoxNeeds) => number): number =>
            needs
              .map(of)
              .sort((a, b) => b - a)
              .slice(0, count)
              .reduce((a, b) => a + b);
          const kept = needs.reduce((sum, { keptBytes }) => sum + keptBytes, 0);
          assert.ok(most(({ memoryBytes }) => memoryBytes) <= room.memoryBytes);
          assert.ok(kept + most(({ passingBytes }) => passingBytes) <= room.freeBytes);
        },
      ),
    );
  });

  it("counts two guests for a boot proof, and what compressing takes without one", () => {
    const plan = (bootProof: boolean): Plan =>
      ({
        settings: { box: { bootProof, hardware: { memoryMiB: 2048 } } },
        source: { type: "debian" },
        architectures: ["amd64"],
      }) as unknown as Plan;
    assert.ok(needsOf(plan(true)).memoryBytes > 4 * GiB);
    assert.ok(needsOf(plan(false)).memoryBytes < GiB);
  });

  it("knows this machine's room", () => {
    const { processors, memoryBytes, freeBytes } = roomHere(__dirname);
    assert.ok(processors >= 1 && memoryBytes > 2 ** 27 && freeBytes >= 0);
  });
});
