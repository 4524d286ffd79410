import assert from "node:assert/strict";

import {
  CreateImageCommand,
  CreateSecurityGroupCommand,
  CreateVolumeCommand,
  DescribeInstancesCommand,
  EC2Client,
  ImportKeyPairCommand,
  RunInstancesCommand,
  type ResourceType,
  DescribeImagesCommand,
  CreateTagsCommand,
} from "@aws-sdk/client-ec2";
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  IAMClient,
  ListRolesCommand,
  PutRolePolicyCommand,
} from "@aws-sdk/client-iam";
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  S3Client,
} from "@aws-sdk/client-s3";

import { iamPath, ownershipTags } from "../../components/tags";
import { listPrices } from "../../ops/cost/prices";
import { findEc2Resources } from "../../ops/sweep/findEc2Resources";
import { findIamResources } from "../../ops/sweep/findIamResources";
import { findUploads } from "../../ops/sweep/findUploads";
import { findLeftovers, resourceKinds, type OwnedResource } from "../../ops/sweep/leftovers";
import { removeLeftover } from "../../ops/sweep/removeLeftover";
import { MotoServer } from "../support/moto";

/** A whole build's resources in an account that holds somebody else's too. */
describe("sweeping an account", function () {
  this.timeout(120_000);

  let moto: MotoServer;
  let ec2: EC2Client;
  let iam: IAMClient;
  let s3: S3Client;

  const ours = ownershipTags({
    project: "ami2box",
    stack: "nightly",
    run: "r1",
    expires: new Date("2026-11-24T05:00:00Z"),
  });
  const place = { bucket: "boxes", prefix: "vagrant", project: "ami2box", stack: "nightly" };

  before(async () => {
    moto = await MotoServer.start();
    ec2 = new EC2Client(moto.clientSettings);
    iam = new IAMClient(moto.clientSettings);
    s3 = new S3Client(moto.clientSettings);
    await make("ours", ours);
    await make("theirs", { owner: "somebody else" });
    await s3.send(
      new CreateBucketCommand({
        Bucket: place.bucket,
        CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
      }),
    );
    for (const Key of [
      "vagrant/acme/demo/1.0.0/virtualbox-amd64.box",
      "vagrant/notes.txt",
      "elsewhere/demo/1.0.0/virtualbox-amd64.box",
    ]) {
      await s3.send(new CreateMultipartUploadCommand({ Bucket: place.bucket, Key }));
    }
  });

  after(() => moto.stop());

  async function make(name: string, tags: Readonly<Record<string, string>>): Promise<void> {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const tagged = (ResourceType: ResourceType): { TagSpecifications: object[] } => ({
      TagSpecifications: [{ ResourceType, Tags }],
    });
    const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ["amazon"] }));
    const { Instances = [] } = await ec2.send(
      new RunInstancesCommand({
        ImageId: Images[0]!.ImageId,
        InstanceType: "t3.small",
        MinCount: 1,
        MaxCount: 1,
        ...tagged("instance"),
      }),
    );
    const InstanceId = Instances[0]!.InstanceId;
    const { ImageId } = await ec2.send(
      new CreateImageCommand({ InstanceId, Name: name, ...tagged("image") }),
    );
    const made = await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId!] }));
    const snapshot = made.Images![0]!.BlockDeviceMappings![0]!.Ebs!.SnapshotId!;
    await ec2.send(new CreateTagsCommand({ Resources: [snapshot], Tags }));
    await ec2.send(
      new CreateVolumeCommand({ AvailabilityZone: "eu-west-1a", Size: 10, ...tagged("volume") }),
    );
    const key = Buffer.from(
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGtQUDZWhs8k/cZcykMkaoX7ZE7DXld8TP79HyddMVTS x",
    );
    await ec2.send(
      new ImportKeyPairCommand({ KeyName: name, PublicKeyMaterial: key, ...tagged("key-pair") }),
    );
    await ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: name,
        Description: name,
        ...tagged("security-group"),
      }),
    );
    const role = { RoleName: name, Path: iamPath, Tags };
    await iam.send(new CreateRoleCommand({ ...role, AssumeRolePolicyDocument: "{}" }));
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: name,
        PolicyName: "put",
        PolicyDocument: JSON.stringify({
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Action: "s3:PutObject", Resource: "*" }],
        }),
      }),
    );
    const profile = { InstanceProfileName: name };
    await iam.send(new CreateInstanceProfileCommand({ ...profile, Path: iamPath, Tags }));
    await iam.send(new AddRoleToInstanceProfileCommand({ ...profile, RoleName: name }));
  }

  const findAll = async (): Promise<OwnedResource[]> => [
    ...(await findEc2Resources(ec2, listPrices)),
    ...(await findIamResources(iam)),
    ...(await findUploads(s3, place)),
  ];

  it("finds everything of ours, of every kind, and nothing of others", async () => {
    const found = await findAll();
    assert.deepEqual(new Set(found.map(({ kind }) => kind)), new Set(resourceKinds));
    for (const kind of resourceKinds) {
      assert.equal(found.filter((each) => each.kind === kind).length, 1, kind);
    }
  });

  it("knows what each costs a month", async () => {
    const costs = new Map((await findAll()).map(({ kind, monthlyCost }) => [kind, monthlyCost]));
    assert.equal(costs.get("instance")?.toFixed(2), (0.0208 * 720).toFixed(2));
    assert.equal(costs.get("volume")?.toFixed(2), "0.80");
    assert.equal(costs.get("role"), 0);
  });

  it("deletes all of it, in order, and leaves what is somebody else's", async () => {
    const leftovers = findLeftovers(await findAll(), new Date("2126-01-01"), () => undefined);
    assert.equal(leftovers.length, resourceKinds.length);
    for (const leftover of leftovers) await removeLeftover({ ec2, iam, s3 }, leftover);
    assert.deepEqual(await findAll(), []);

    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
    const states = Reservations.flatMap(({ Instances = [] }) =>
      Instances.map(({ State }) => State?.Name),
    );
    assert.deepEqual(states.sort(), ["running", "terminated"]);
    const { Roles = [] } = await iam.send(new ListRolesCommand({ PathPrefix: iamPath }));
    assert.deepEqual(
      Roles.map(({ RoleName }) => RoleName),
      ["theirs"],
    );
    const { Uploads = [] } = await s3.send(
      new ListMultipartUploadsCommand({ Bucket: place.bucket }),
    );
    assert.equal(Uploads.length, 2);
  });

  it("takes what is gone already for deleted", async () => {
    for (const kind of resourceKinds) {
      const id = {
        instance: "i-0123456789abcdef0",
        image: "ami-0123456789abcdef0",
        snapshot: "snap-0123456789abcdef0",
        volume: "vol-0123456789abcdef0",
        "key pair": "ours",
        "security group": "sg-0123456789abcdef0",
        "instance profile": "ours",
        role: "ours",
        "multipart upload": `s3://${place.bucket}/vagrant/a/1/b-c.box#gone`,
      }[kind];
      const ownership = { project: "p", stack: "s", run: "r", expires: new Date(0) };
      await removeLeftover(
        { ec2, iam, s3 },
        { kind, id, ownership, reason: "expired", created: undefined, monthlyCost: 0 },
      );
    }
  });
});
