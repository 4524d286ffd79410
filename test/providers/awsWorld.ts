import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  EC2Client,
  type Image,
  type Instance,
  type Volume,
} from "@aws-sdk/client-ec2";
import { IAMClient, ListInstanceProfilesCommand, ListRolesCommand } from "@aws-sdk/client-iam";

import { MotoServer } from "../support/moto";
import { AwsGate } from "./awsGate";
import { TestStack } from "./testStack";

/** Owner of the AMIs that are there from the beginning. */
export const amiOwner = "099720109477";

/** AMIs that are there from the beginning, oldest first. */
export const amis = ["ami-0123456789abcdef0", "ami-0123456789abcdef1"] as const;

/** In the form that moto reads (getmoto/moto, `MOTO_AMIS_PATH`). */
const motoImages = amis.map((ami_id, index) => ({
  ami_id,
  name: `ubuntu-noble-2026110${index}`,
  description: "test",
  owner_id: amiOwner,
  public: true,
  virtualization_type: "hvm",
  architecture: "x86_64",
  state: "available",
  platform: null,
  image_type: "machine",
  hypervisor: "xen",
  root_device_name: "/dev/sda1",
  root_device_type: "ebs",
  sriov: "simple",
  creation_date: `2026-11-0${index + 1}T00:00:00.000Z`,
}));

/** A moto server behind a gate, and a stack whose only plugin is the stand-in for `aws`. */
export class AwsWorld {
  private constructor(
    private readonly folder: string,
    private readonly moto: MotoServer,
    public readonly gate: AwsGate,
    public readonly stack: TestStack,
    /** Clients that pass the gate by. */
    public readonly ec2: EC2Client,
    public readonly iam: IAMClient,
  ) {}

  static async start(): Promise<AwsWorld> {
    const folder = mkdtempSync(join(tmpdir(), "ami2box-aws-world-"));
    const images = join(folder, "images.json");
    writeFileSync(images, JSON.stringify(motoImages));
    writeFileSync(join(folder, "calls"), "");
    const moto = await MotoServer.start({ MOTO_AMIS_PATH: images });
    const gate = await AwsGate.start(moto.url);
    const variables = {
      ...moto.variables,
      AWS_ENDPOINT_URL: gate.url,
      AMI2BOX_AWS_CALL_LOG: join(folder, "calls"),
    };
    const stack = await TestStack.makeWith(variables, "aws");
    const { clientSettings } = moto;
    const clients = [new EC2Client(clientSettings), new IAMClient(clientSettings)] as const;
    return new AwsWorld(folder, moto, gate, stack, ...clients);
  }

  async stop(): Promise<void> {
    this.stack.remove();
    await this.gate.stop();
    await this.moto.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** For a client of another region that passes the gate by. */
  get clientSettings(): MotoServer["clientSettings"] {
    return this.moto.clientSettings;
  }

  /** What the stand-in says it asked AWS, `ec2:RunInstances`, each once. */
  loggedCalls(): string[] {
    const lines = readFileSync(join(this.folder, "calls"), "utf8").trim().split("\n");
    return [...new Set(lines)].sort();
  }

  async instance(id: string): Promise<Instance> {
    const found = await this.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    return found.Reservations?.[0]?.Instances?.[0] as Instance;
  }

  async image(id: string): Promise<Image | undefined> {
    const found = await this.ec2.send(
      new DescribeImagesCommand({ Filters: [{ Name: "image-id", Values: [id] }] }),
    );
    return found.Images?.[0];
  }

  async volume(id: string): Promise<Volume | undefined> {
    const found = await this.ec2.send(
      new DescribeVolumesCommand({ Filters: [{ Name: "volume-id", Values: [id] }] }),
    );
    return found.Volumes?.[0];
  }

  /** Names and ids of everything that somebody made here and that is not gone. */
  async leftovers(): Promise<string[]> {
    const { ec2, iam } = this;
    const [keys, groups, instances, volumes, images, snapshots, roles, profiles] =
      await Promise.all([
        ec2.send(new DescribeKeyPairsCommand({})),
        ec2.send(new DescribeSecurityGroupsCommand({})),
        ec2.send(new DescribeInstancesCommand({})),
        ec2.send(new DescribeVolumesCommand({})),
        ec2.send(new DescribeImagesCommand({})),
        ec2.send(new DescribeSnapshotsCommand({})),
        iam.send(new ListRolesCommand({})),
        iam.send(new ListInstanceProfilesCommand({})),
      ]);
    const ownImages = (images.Images ?? []).filter(({ OwnerId }) => OwnerId !== amiOwner);
    const ownSnapshots = (snapshots.Snapshots ?? []).filter(({ OwnerId }) => OwnerId !== amiOwner);
    return [
      ...(keys.KeyPairs ?? []).map(({ KeyName }) => KeyName),
      ...(groups.SecurityGroups ?? [])
        .map(({ GroupName }) => GroupName)
        .filter((name) => name !== "default"),
      ...(instances.Reservations ?? [])
        .flatMap(({ Instances }) => Instances ?? [])
        .filter(({ State }) => State?.Name !== "terminated")
        .map(({ InstanceId }) => InstanceId),
      ...(volumes.Volumes ?? []).map(({ VolumeId }) => VolumeId),
      ...ownImages.map(({ ImageId }) => ImageId),
      ...ownSnapshots.map(({ SnapshotId }) => SnapshotId),
      ...(roles.Roles ?? []).map(({ RoleName }) => RoleName),
      ...(profiles.InstanceProfiles ?? []).map(({ InstanceProfileName }) => InstanceProfileName),
    ].map(String);
  }
}

/** Tags of a list, as a map. */
export function tagMap(
  list: readonly { Key?: string | undefined; Value?: string | undefined }[] = [],
): Record<string, string> {
  return Object.fromEntries(list.map(({ Key = "", Value = "" }) => [Key, Value]));
}
