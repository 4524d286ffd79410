import { strict as assert } from "node:assert";

import { CreateVolumeCommand, EC2Client, CreateSnapshotCommand } from "@aws-sdk/client-ec2";

import { AwsProject, bucket } from "./awsProject";

const minutes = 60_000;

/**
 * A failure at each resource and each stage, then `pulumi destroy`: real engine, program and SDKs, emulated AWS.
 * The source is an empty snapshot, so that nothing is baked; what fails during a bake is shown in
 * awsBake.test.ts, and stages that fail at real work in awsBuild.test.ts.
 */
describe("an AWS build that fails", function () {
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
      box: { name: "failing", version: "1.0.0" },
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

  const stageNames = ["preflight", "provision", "raw-disk", "box", "boot-proof", "publish"];

  for (const stage of stageNames) {
    it(`leaves nothing after the stage ${stage} failed and the stack was destroyed`, async () => {
      for (const name of stageNames) {
        project.writeFile(`scripts/stages/${name}.sh`, name === stage ? failing : succeeding(name));
      }
      const up = await project.up();
      assert.notEqual(up.status, 0, up.said);
      assert.match(up.said, new RegExp(`run-stage\\.sh' ${stage} `), up.said);
      const destroy = await project.destroy();
      assert.equal(destroy.status, 0, destroy.said);
      assert.deepEqual(await project.leftovers(), []);
    });
  }
});

const failing = 'echo "broken by the test" >&2\nexit 3\n';

/** Stands in for a stage, which has nothing to work on in an empty volume: it says that it has ended, and no more. */
function succeeding(stage: string): string {
  const result = { stage, path: "/dev/null", sha256: "0".repeat(64), bytes: 0, epoch: 0 };
  return `echo '${JSON.stringify(result)}'\n`;
}
