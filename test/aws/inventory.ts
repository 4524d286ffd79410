import * as ec2 from "@aws-sdk/client-ec2";
import * as iam from "@aws-sdk/client-iam";

import type { AwsEmulator } from "./emulator/emulator";

/**
 * Everything in an account that somebody made or that costs something, each with its kind: instances that
 * are not terminated, volumes, snapshots and images of the account, key pairs, security groups, roles,
 * instance profiles.
 */
export async function inventory(aws: AwsEmulator): Promise<string[]> {
  const client = new ec2.EC2Client(aws.clientSettings);
  const access = new iam.IAMClient(aws.clientSettings);
  const [reservations, volumes, snapshots, images, keys, groups, roles, profiles] =
    await Promise.all([
      client.send(new ec2.DescribeInstancesCommand({})),
      client.send(new ec2.DescribeVolumesCommand({})),
      client.send(new ec2.DescribeSnapshotsCommand({ OwnerIds: ["self"] })),
      client.send(new ec2.DescribeImagesCommand({ Owners: ["self"] })),
      client.send(new ec2.DescribeKeyPairsCommand({})),
      client.send(new ec2.DescribeSecurityGroupsCommand({})),
      access.send(new iam.ListRolesCommand({})),
      access.send(new iam.ListInstanceProfilesCommand({})),
    ]);
  const instances = (reservations.Reservations ?? [])
    .flatMap(({ Instances = [] }) => Instances)
    .filter(({ State }) => State?.Name !== "terminated");
  const of = (kind: string, ids: readonly (string | undefined)[]): string[] =>
    ids.map((id) => `${kind} ${id}`);
  return [
    ...of(
      "instance",
      instances.map(({ InstanceId }) => InstanceId),
    ),
    ...of(
      "volume",
      (volumes.Volumes ?? []).map(({ VolumeId }) => VolumeId),
    ),
    ...of(
      "snapshot",
      (snapshots.Snapshots ?? []).map(({ SnapshotId }) => SnapshotId),
    ),
    ...of(
      "image",
      (images.Images ?? []).map(({ ImageId }) => ImageId),
    ),
    ...of(
      "key pair",
      (keys.KeyPairs ?? []).map(({ KeyName }) => KeyName),
    ),
    ...of(
      "security group",
      (groups.SecurityGroups ?? []).map(({ GroupId }) => GroupId),
    ),
    ...of(
      "role",
      (roles.Roles ?? []).map(({ RoleName }) => RoleName),
    ),
    ...of(
      "instance profile",
      (profiles.InstanceProfiles ?? []).map(({ InstanceProfileName: name }) => name),
    ),
  ].sort();
}
