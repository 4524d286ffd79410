import assert from "node:assert/strict";

import type { AwsPlace } from "../../settings/aws/awsPlace";
import { makePlan, type Plan } from "../../settings/plan";
import { listBucketVersions } from "../../settings/publishedInBucket";
import { bucket, BucketFixture, region } from "../ops/bucketFixture";
import { PlanProject } from "./planProject";
import { problemsOf } from "./problemsOf";

describe("a plan for a bucket", function () {
  this.timeout(60_000);
  let s3: BucketFixture;
  let project: PlanProject;

  before(async () => {
    s3 = await BucketFixture.start();
    project = new PlanProject();
  });
  after(async () => {
    project.remove();
    await s3.stop();
  });
  beforeEach(() => s3.begin());
  afterEach(() => s3.end());

  function plan(publish: Record<string, string> = {}, place: AwsPlace = { region }): Promise<Plan> {
    const raw = {
      source: { type: "image", path: "disk.img" },
      box: { name: "acme/demo" },
      publish: { bucket, prefix: "team/boxes", ...publish },
    };
    return makePlan(raw, project.directory, place);
  }

  it("knows the versions there, whether catalogued or left by a crash", async () => {
    await s3.put({ version: "1.0.0" });
    await s3.put({ version: "1.1.0", content: "another" });
    assert.deepEqual(
      await listBucketVersions({ bucket, prefix: "team/boxes", region }, "acme/demo"),
      [
        { version: "1.0.0", recipe: "the recipe", catalogued: true },
        { version: "1.1.0", recipe: "the recipe", catalogued: true },
      ],
    );
    await s3.remove("catalog.json");
    const { published } = await plan();
    assert.deepEqual(
      published.map(({ version, catalogued }) => [version, catalogued]),
      [
        ["1.0.0", false],
        ["1.1.0", false],
      ],
    );
  });

  it("keeps the version of the same recipe", async () => {
    const { recipe, publish } = await plan();
    assert.deepEqual(publish, {
      bucket,
      prefix: "team/boxes",
      region,
      privateAddress: "10.10.1.10",
    });
    await s3.put({ version: "3.2.1", provenance: { recipe } });
    assert.equal((await plan()).version, "3.2.1");
  });

  it("goes by the catalog alone where the bucket may not be listed", async () => {
    await s3.put({ version: "1.0.0" });
    s3.gate.set({ denies: (method, url) => method === "GET" && url.includes("list-type") });
    assert.deepEqual(
      (await plan()).published.map(({ version }) => version),
      ["1.0.0"],
    );
  });

  it("refuses a bucket that is not there", async () => {
    const [problem = ""] = await problemsOf(plan({ bucket: "no-such-bucket" }));
    assert.equal(
      problem,
      "publish.bucket: no-such-bucket does not exist; make it first, outside of this stack",
    );
  });

  it("refuses a bucket of another region, and tells which", async () => {
    const [problem = ""] = await problemsOf(plan({}, { region: "eu-west-1" }));
    assert.equal(
      problem,
      `publish.bucket: ${bucket} is in ${region}, not in eu-west-1; set aws:region to ${region}`,
    );
  });

  it("refuses a bucket without a region", async () => {
    const [problem = ""] = await problemsOf(plan({}, {}));
    assert.equal(
      problem,
      "aws:region: is missing; set it, for example with: pulumi config set aws:region eu-central-1",
    );
  });
});
