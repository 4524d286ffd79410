import { strict as assert } from "node:assert";

import { AwsProject, bucket, type UpOutcome } from "./awsProject";

const minutes = 60_000;

/**
 * A stack in EC2 that lists boxes, as far as a preview goes: real engine, program and SDKs against an emulated
 * account. What each box does on its machines is shown by the tests of one.
 */
describe("several boxes in (emulated) AWS, previewed", function () {
  this.timeout(3 * minutes);

  let project: AwsProject;
  let preview: UpOutcome;
  /** Permissions of the calls it made. */
  let asked: readonly string[];

  before(async () => {
    project = await AwsProject.make("boxes", { baseDisk: false });
    const bake = { type: "bake", base: { owner: "136693071363", name: "debian-12-amd64-*" } };
    project.configure({
      "aws:region": "eu-west-1",
      target: "aws",
      publish: { bucket },
      boxes: [
        { source: bake, box: { name: "acme/baked" } },
        { source: bake, box: { name: "acme/large" }, worker: { instanceType: "m7i.xlarge" } },
        { source: { ...bake, only: true }, box: { name: "acme/image" } },
      ],
    });
    const earlier = project.aws.calls.length;
    preview = await project.run(["preview", "--color", "never"]);
    asked = project.aws.calls.slice(earlier).map(({ permission }) => permission);
  });

  after(() => project?.remove());

  it("tells what the builds of all of them will cost, and changes nothing", async () => {
    const { status, said } = preview;
    assert.equal(status, 0, said);
    assert.match(
      said,
      /cost: about 0\.\d\d USD for 3 boxes if it takes 30 minutes; 0\.\d\d USD for each hour that nothing is destroyed; .*list prices of \d{4}-\d\d-\d\d in us-east-1, not of eu-west-1/,
    );
    assert.deepEqual(await project.leftovers(), []);
  });

  it("has machines for each, and one key pair, group and role for all", () => {
    const { said } = preview;
    const planned = (type: string): string[] =>
      [...said.matchAll(new RegExp(`^ \\+ +${type} (\\S+) create`, "gm"))].map(([, name = ""]) =>
        name.replace(/-[0-9a-f]{8}-/, "-"),
      );
    assert.deepEqual([...new Set(planned("aws:ec2:Instance"))].sort(), [
      "acme--baked:bake-builder",
      "acme--baked:worker-instance",
      "acme--image:bake-builder",
      "acme--large:bake-builder",
      "acme--large:worker-instance",
    ]);
    for (const type of ["aws:ec2:KeyPair", "aws:ec2:SecurityGroup", "aws:iam:Role"]) {
      assert.equal(new Set(planned(type)).size, 1, type);
    }
  });

  it("asks the account once for what all boxes have in common", () => {
    for (const permission of ["sts:GetCallerIdentity", "ec2:DescribeVpcs"]) {
      assert.equal(asked.filter((each) => each === permission).length, 1, asked.join(", "));
    }
  });
});
