import {
  DeleteKeyPairCommand,
  DeleteSecurityGroupCommand,
  DeleteSnapshotCommand,
  DeleteVolumeCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  TerminateInstancesCommand,
  waitUntilInstanceTerminated,
  type EC2Client,
} from "@aws-sdk/client-ec2";
import {
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetInstanceProfileCommand,
  ListRolePoliciesCommand,
  RemoveRoleFromInstanceProfileCommand,
  type IAMClient,
} from "@aws-sdk/client-iam";
import { AbortMultipartUploadCommand, type S3Client } from "@aws-sdk/client-s3";

import { tagNames } from "../../components/tags";
import { parseUploadId } from "./findUploads";
import type { Leftover, ResourceKind } from "./leftovers";

/** Clients of the services that leftovers stand in. */
export interface AwsClients {
  readonly ec2: EC2Client;
  readonly iam: IAMClient;
  readonly s3: S3Client;
}

const terminationSeconds = 600;

type Removal = (clients: AwsClients, id: string) => Promise<unknown>;

const removals: Readonly<Record<ResourceKind, Removal>> = {
  // Waited for: what hangs on an instance cannot go before it.
  instance: async ({ ec2 }, id) => {
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await waitUntilInstanceTerminated(
      { client: ec2, maxWaitTime: terminationSeconds },
      { InstanceIds: [id] },
    );
  },
  image: removeImage,
  snapshot: ({ ec2 }, id) => ec2.send(new DeleteSnapshotCommand({ SnapshotId: id })),
  volume: ({ ec2 }, id) => ec2.send(new DeleteVolumeCommand({ VolumeId: id })),
  "key pair": ({ ec2 }, id) => ec2.send(new DeleteKeyPairCommand({ KeyName: id })),
  "security group": ({ ec2 }, id) => ec2.send(new DeleteSecurityGroupCommand({ GroupId: id })),
  "instance profile": removeInstanceProfile,
  role: removeRole,
  "multipart upload": ({ s3 }, id) => {
    const { bucket, key, upload } = parseUploadId(id);
    return s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: upload }));
  },
};

/**
 * Deletes a leftover. One that is gone already, such as a volume that went with its instance, is no error.
 *
 * @throws Error with what AWS says when it cannot be deleted
 */
export async function removeLeftover(clients: AwsClients, { kind, id }: Leftover): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await removals[kind](clients, id);
      return;
    } catch (error) {
      if (isGone(error)) return;
      const pause = isStillHeld(error) ? holdPausesMs[attempt] : undefined;
      if (pause === undefined) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** AWS lets go of what an instance held a while after it has ended. */
const holdPausesMs = [2_000, 5_000, 15_000, 30_000];

function isStillHeld(error: unknown): boolean {
  const { name = "" } = error as { name?: string };
  return /^(DependencyViolation|VolumeInUse|DeleteConflict|.*\.InUse)$/.test(name);
}

/** EC2 names each kind's absence, `InvalidVolume.NotFound`; IAM and S3 have one name each. */
function isGone(error: unknown): boolean {
  const { name = "" } = error as { name?: string };
  return /NotFound|^NoSuchEntity|^NoSuchUpload|^InvalidAMIID\.Unavailable/.test(name);
}

/**
 * An image keeps its snapshots from being deleted, and does not take them along. One without any tag is of a
 * bake that was cut off before it tagged it; one with tags of others only is theirs.
 */
async function removeImage({ ec2 }: AwsClients, id: string): Promise<void> {
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [id] }));
  const ids = Images.flatMap(({ BlockDeviceMappings = [] }) =>
    BlockDeviceMappings.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []),
  );
  const filter = { Filters: [{ Name: "snapshot-id", Values: ids }] };
  const { Snapshots = [] } =
    ids.length === 0 ? {} : await ec2.send(new DescribeSnapshotsCommand(filter));
  await ec2.send(new DeregisterImageCommand({ ImageId: id }));
  for (const { SnapshotId, Tags = [] } of Snapshots) {
    const isOurs = Tags.length === 0 || Tags.some(({ Key }) => Key === tagNames.project);
    if (isOurs) await ec2.send(new DeleteSnapshotCommand({ SnapshotId }));
  }
}

async function removeInstanceProfile({ iam }: AwsClients, id: string): Promise<void> {
  const named = { InstanceProfileName: id };
  const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand(named));
  for (const { RoleName } of InstanceProfile?.Roles ?? []) {
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ ...named, RoleName }));
  }
  await iam.send(new DeleteInstanceProfileCommand(named));
}

async function removeRole({ iam }: AwsClients, id: string): Promise<void> {
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName: id }));
  for (const PolicyName of PolicyNames) {
    await iam.send(new DeleteRolePolicyCommand({ RoleName: id, PolicyName }));
  }
  await iam.send(new DeleteRoleCommand({ RoleName: id }));
}
