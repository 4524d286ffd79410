import { strict as assert } from "node:assert";

import { CreateVolumeCommand, EC2Client, CreateSnapshotCommand } from "@aws-sdk/client-ec2";

import { AwsProject, bucket } from "./awsProject";

const minutes = 60_000;

/**
 * A failure at each resource, then `pulumi destroy`: real engine, program and SDKs, emulated AWS. The source is
 * a snapshot, so that nothing is baked; what fails during a bake is shown in awsBake.test.ts.
 */
describe("an AWS build that fails at a resource", function () {
  this.timeout(3 * minutes);

  let project: AwsProject;

  before(async () => {
    project = await AwsProject.make("failing", { baseDisk: false });
    const client = new EC2Client(project.aws.clientSettings);
    const volume = await client.send(
      new CreateVolumeCommand({ AvailabilityZone: "eu-west-1a", Size: 1 }),
    );
    const { SnapshotId } = await client.send(
      new CreateSnapshotCommand({ VolumeId: volume.VolumeId }),
    );
    await project.takeAsGiven();
    project.configure({
      "aws:region": "eu-west-1",
      target: "aws",
      source: { type: "snapshot", id: SnapshotId },
      box: { name: "failing", version: "1.0.0", bootProof: false },
      publish: { bucket },
      worker: { image: "ubuntu" },
    });
  });

  after(() => project.remove());
  afterEach(() => project.aws.faults.clear());

  /** Calls that make a resource, and the resource whose failure the engine must tell. */
  const failures = [
    ["ImportKeyPair", "aws:ec2:KeyPair"],
    ["CreateSecurityGroup", "aws:ec2:SecurityGroup"],
    ["AuthorizeSecurityGroupIngress", "aws:vpc:SecurityGroupIngressRule"],
    ["AuthorizeSecurityGroupEgress", "aws:vpc:SecurityGroupEgressRule"],
    ["CreateRole", "aws:iam:Role"],
    ["PutRolePolicy", "aws:iam:RolePolicy"],
    ["CreateInstanceProfile", "aws:iam:InstanceProfile"],
    ["AddRoleToInstanceProfile", "aws:iam:InstanceProfile"],
    ["RunInstances", "aws:ec2:Instance"],
    ["CreateVolume", "aws:ebs:Volume"],
    ["AttachVolume", "aws:ec2:VolumeAttachment"],
  ] as const;

  for (const [action, type] of failures) {
    it(`leaves nothing after ${action} failed and the stack was destroyed`, async () => {
      project.aws.faults.fail(action, { times: 1000 });
      const up = await project.up();
      assert.notEqual(up.status, 0, up.said);
      assert.match(up.said, new RegExp(`${type} .*failed`), up.said);
      assert.match(up.said, /failed because the test wants it to/);
      assert.doesNotMatch(up.said, /PRIVATE KEY/);
      const destroy = await project.destroy();
      assert.equal(destroy.status, 0, destroy.said);
      assert.deepEqual(await project.leftovers(), []);
    });
  }

  it("leaves nothing after a stage failed, here at a disk without a system, and the stack was destroyed", async () => {
    const up = await project.up();
    assert.notEqual(up.status, 0, up.said);
    assert.match(up.said, /run-stage\.sh' preflight /);
    const destroy = await project.destroy();
    assert.equal(destroy.status, 0, destroy.said);
    assert.deepEqual(await project.leftovers(), []);
  });
});
