import { strict as assert } from "node:assert";

import {
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";

import { readOwnership } from "../../components/tags";
import { AwsProject, type UpOutcome } from "./awsProject";

const minutes = 60_000;

/**
 * The seed's first job alone, an AMI: real engine, program, SDKs and scripts on a builder of the emulated AWS,
 * which boots a real Debian. The steps build on each other.
 */
describe("an AMI baked in (emulated) AWS, and no box", function () {
  this.timeout(5 * minutes);
  this.bail(true);

  let project: AwsProject;
  let client: EC2Client;

  before(async () => {
    project = await AwsProject.make("bake", { baseDisk: true });
    client = new EC2Client(project.aws.clientSettings);
    project.writeFile(
      "own.sh",
      "#!/bin/sh\nset -e\ntest -e /etc/debian_version\necho own >/etc/own\n",
    );
    configure({});
  });

  after(() => project.remove());
  afterEach(() => project.aws.faults.clear());

  function configure(more: Readonly<Record<string, unknown>>): void {
    project.configure({
      "aws:region": "eu-west-1",
      target: "aws",
      source: {
        type: "bake",
        base: { owner: "136693071363", name: "debian-12-amd64-*" },
        only: true,
        ...more,
      },
      box: { name: "baked" },
      provisioning: { scripts: [{ reboot: true }, "own.sh"], guestAdditions: "none" },
    });
  }

  const commandsOf = ({ done }: UpOutcome): string[] =>
    done.filter(({ type }) => type === "command:remote:Command").map(({ name }) => name);

  it("runs the scripts on the builder, in order and across a reboot, and tells when the image fails", async () => {
    project.aws.faults.fail("CreateImage", { times: 1000 });
    const up = await project.up();
    assert.notEqual(up.status, 0, up.said);
    assert.match(up.said, /CreateImage failed because the test wants it to/);
    const steps = commandsOf(up).map((name) => name.replace(/^bake(-[0-9a-f]+)?-/, ""));
    assert.deepEqual(steps, [
      "prepare",
      "common",
      "own-1",
      "own-2",
      "guest-additions",
      "generalise",
    ]);
  });

  it("makes the image from the same builder when tried again", async () => {
    const up = await project.up();
    assert.equal(up.status, 0, up.said);
    assert.deepEqual(commandsOf(up), []);
    const id = await project.output("amiId");
    const { Images = [] } = await client.send(new DescribeImagesCommand({ ImageIds: [id] }));
    assert.equal(Images[0]?.State, "available");
  });

  it("tags image and snapshot with whose they are and until when", async () => {
    const id = await project.output("amiId");
    const { Images = [] } = await client.send(new DescribeImagesCommand({ ImageIds: [id] }));
    const SnapshotId = Images[0]?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId as string;
    const { Snapshots = [] } = await client.send(
      new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] }),
    );
    for (const tags of [Images[0]?.Tags, Snapshots[0]?.Tags]) {
      const pairs = (tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value] as const);
      const named: Record<string, string> = Object.fromEntries(pairs);
      assert.equal(readOwnership(named)?.stack, "bake");
    }
  });

  it("leaves nothing when destroyed", async () => {
    const destroy = await project.destroy();
    assert.equal(destroy.status, 0, destroy.said);
    assert.deepEqual(await project.leftovers(), []);
  });

  it("keeps image and snapshot alone when asked to, with a date", async () => {
    configure({ keepDays: 7 });
    const up = await project.up();
    assert.equal(up.status, 0, up.said);
    const id = await project.output("amiId");
    const destroy = await project.destroy();
    assert.equal(destroy.status, 0, destroy.said);
    const { Images = [] } = await client.send(new DescribeImagesCommand({ ImageIds: [id] }));
    const [image] = Images;
    const SnapshotId = image?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId;
    assert.deepEqual(await project.leftovers(), [`image ${id}`, `snapshot ${SnapshotId}`]);
    const days = (Date.parse(image?.DeprecationTime ?? "") - Date.now()) / 86_400_000;
    assert.ok(days > 6 && days < 8, image?.DeprecationTime);
    await client.send(new DeregisterImageCommand({ ImageId: id }));
    await client.send(new DeleteSnapshotCommand({ SnapshotId }));
  });

  it("leaves nothing when the snapshot cannot be tagged and the stack is destroyed", async () => {
    configure({});
    // The tags of instance and image are asked for with them; these are the snapshot's.
    project.aws.faults.fail("CreateTags", { after: 1, times: 1000 });
    const up = await project.up();
    assert.notEqual(up.status, 0, up.said);
    assert.match(up.said, /aws:ec2:Tag .*failed/);
    const destroy = await project.destroy();
    assert.equal(destroy.status, 0, destroy.said);
    assert.deepEqual(await project.leftovers(), []);
  });
});
