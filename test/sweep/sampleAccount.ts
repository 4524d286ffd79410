import {
  CreateImageCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  EC2Client,
  ImportKeyPairCommand,
  RunInstancesCommand,
  type ResourceType,
} from "@aws-sdk/client-ec2";
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
} from "@aws-sdk/client-iam";
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  S3Client,
} from "@aws-sdk/client-s3";

import { iamPath, ownershipTags } from "../../components/tags";
import type { MotoServer } from "../support/moto";

/** Where the sample's boxes are published. */
export const samplePlace = {
  bucket: "boxes",
  prefix: "vagrant",
  project: "ami2box",
  stack: "nightly",
};

/** Ids of what a build makes in EC2. */
export interface BuildIds {
  readonly instance: string;
  readonly image: string;
  readonly snapshot: string;
  readonly volume: string;
}

/** An emulated account in which builds can be left lying about. */
export class SampleAccount {
  public readonly ec2: EC2Client;
  public readonly iam: IAMClient;
  public readonly s3: S3Client;

  constructor(moto: MotoServer) {
    this.ec2 = new EC2Client(moto.clientSettings);
    this.iam = new IAMClient(moto.clientSettings);
    this.s3 = new S3Client(moto.clientSettings);
  }

  /** The tags of a run of ours. */
  public static tags(run: string, expires: Date, stack = "nightly"): Record<string, string> {
    return { ...ownershipTags({ project: "ami2box", stack, run, expires }) };
  }

  /** One of each kind that a build makes, with these tags; `name` must be new. */
  public async makeBuild(name: string, tags: Readonly<Record<string, string>>): Promise<BuildIds> {
    const { ec2 } = this;
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
    const InstanceId = Instances[0]!.InstanceId!;
    const { ImageId } = await ec2.send(
      new CreateImageCommand({ InstanceId, Name: name, ...tagged("image") }),
    );
    const made = await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId!] }));
    const snapshot = made.Images![0]!.BlockDeviceMappings![0]!.Ebs!.SnapshotId!;
    await ec2.send(new CreateTagsCommand({ Resources: [snapshot], Tags }));
    const { VolumeId } = await ec2.send(
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
    await this.makeRole(name, Tags);
    return { instance: InstanceId, image: ImageId!, snapshot, volume: VolumeId! };
  }

  private async makeRole(name: string, Tags: { Key: string; Value: string }[]): Promise<void> {
    const role = { RoleName: name, Path: iamPath, Tags };
    await this.iam.send(new CreateRoleCommand({ ...role, AssumeRolePolicyDocument: "{}" }));
    await this.iam.send(
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
    await this.iam.send(new CreateInstanceProfileCommand({ ...profile, Path: iamPath, Tags }));
    await this.iam.send(new AddRoleToInstanceProfileCommand({ ...profile, RoleName: name }));
  }

  /** Begins uploads: one of a box of ours, and two of others. */
  public async beginUploads(): Promise<void> {
    const { bucket } = samplePlace;
    await this.s3.send(
      new CreateBucketCommand({
        Bucket: bucket,
        CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
      }),
    );
    for (const Key of [
      "vagrant/acme/demo/1.0.0/virtualbox-amd64.box",
      "vagrant/notes.txt",
      "elsewhere/demo/1.0.0/virtualbox-amd64.box",
    ]) {
      await this.s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
    }
  }

  /** Keys of the uploads that are not finished. */
  public async uploads(): Promise<string[]> {
    const list = new ListMultipartUploadsCommand({ Bucket: samplePlace.bucket });
    const { Uploads = [] } = await this.s3.send(list);
    return Uploads.map(({ Key = "" }) => Key).sort();
  }

  /** State of every instance by its id. */
  public async instances(): Promise<Record<string, string | undefined>> {
    const { Reservations = [] } = await this.ec2.send(new DescribeInstancesCommand({}));
    return Object.fromEntries(
      Reservations.flatMap(({ Instances = [] }) =>
        Instances.map(({ InstanceId, State }) => [InstanceId, State?.Name]),
      ),
    ) as Record<string, string | undefined>;
  }
}
