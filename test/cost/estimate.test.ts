import assert from "node:assert/strict";

import { estimateCost, estimateLine } from "../../ops/cost/estimate";
import { checkSettings } from "../../settings/parse";
import type { Plan } from "../../settings/plan";

type Raw = Record<string, unknown>;

const base = {
  id: "ami-1",
  name: "debian-12",
  owner: "1",
  architecture: "amd64",
  rootSnapshotId: "snap-0",
};

/** A plan with only what an estimate looks at. */
function planOf(raw: Raw = {}, instanceType = "c6i.xlarge", rootGiB: number | "unknown" = 8): Plan {
  const { settings, problems } = checkSettings({
    target: "aws",
    source: { type: "bake", base: { ami: "ami-0123456789abcdef0" } },
    box: { name: "demo" },
    publish: { bucket: "acme" },
    ...raw,
  });
  assert.deepEqual(problems, []);
  return {
    settings,
    source: {
      facts: {
        region: "us-east-1",
        source: {
          type: "bake",
          base: { ...base, ...(rootGiB !== "unknown" && { rootGiB }) },
          builder: { imageId: "ami-1", sshUser: "admin", instanceType: "t3.medium" },
        },
        worker: { imageId: "ami-2", sshUser: "admin", instanceType },
      },
    },
    publish: { bucket: "acme", prefix: "boxes", region: "us-east-1" },
  } as unknown as Plan;
}

const lineOf = (plan: Plan): string => estimateLine(estimateCost([plan])!);

describe("the estimate of a preview", () => {
  it("is the sum for a usual time, what each further hour costs, and whose prices they are", () => {
    assert.match(
      lineOf(planOf()),
      /^about 0\.\d\d USD if it takes 30 minutes; 0\.\d\d USD for each hour that nothing is destroyed; list prices of \d{4}-\d\d-\d\d in us-east-1$/,
    );
  });

  it("says plainly which price is not known", () => {
    assert.match(
      lineOf(planOf({}, "x99.metal")),
      /; without worker \(x99\.metal\): price not known; /,
    );
    assert.match(
      lineOf(planOf({ worker: { volumeInitializationRate: 200 } }, "c6i.xlarge", "unknown")),
      /without builder's disk \(size not known\), snapshot of the AMI \(size not known\), source's volume \(size not known\), volume initialisation \(at 200 MiB\/s\): price not known/,
    );
  });

  it("takes the prices of the settings", () => {
    const plan = planOf({ cost: { prices: { instanceHour: { "x99.metal": 100 } } } }, "x99.metal");
    assert.match(lineOf(plan), /^about 50\.\d\d USD .*, but for your instanceHour\.x99\.metal$/);
  });

  it("is none where nothing is made in a cloud", () => {
    const { settings } = checkSettings({});
    assert.equal(estimateCost([{ settings, source: {} } as unknown as Plan]), undefined);
  });
});

describe("the setting cost", () => {
  const problems = (raw: Raw): readonly string[] => checkSettings(raw).problems;
  const aws = {
    target: "aws",
    source: { type: "ami", id: "ami-0123456789abcdef0" },
    publish: { bucket: "acme" },
  };

  it("is refused where nothing costs", () => {
    assert.deepEqual(problems({ cost: {} }), [
      "cost: is for what is made in EC2 or published in a bucket; leave it out",
    ]);
    assert.deepEqual(
      problems({ publish: { bucket: "acme" }, cost: { prices: { putRequests: 1 } } }),
      [],
    );
  });

  it("refuses what is no price, and names that it does not know", () => {
    const found = problems({
      ...aws,
      cost: {
        prices: {
          volumeGiBMonth: -1,
          instanceHour: { "c6i.xlarge": "much", large: 1 },
          gpuHour: 1,
        },
      },
    });
    for (const wanted of [
      /^cost\.prices\.volumeGiBMonth: -1 is not allowed; it must be 0 or more$/,
      /^cost\.prices\.instanceHour\.c6i\.xlarge: "much" is not allowed; it must be a number$/,
      /^cost\.prices\.instanceHour\.large: .*it must be a type such as c6i\.xlarge$/,
      /^cost\.prices\.gpuHour: is not a setting/,
    ]) {
      assert.ok(
        found.some((text) => wanted.test(text)),
        `${String(wanted)} in ${found.join("\n")}`,
      );
    }
  });
});
