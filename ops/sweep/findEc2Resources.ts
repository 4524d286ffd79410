import {
  paginateDescribeImages,
  paginateDescribeInstances,
  paginateDescribeSecurityGroups,
  paginateDescribeSnapshots,
  paginateDescribeVolumes,
  DescribeKeyPairsCommand,
  type EC2Client,
  type Tag,
} from "@aws-sdk/client-ec2";

import { readOwnership, tagNames } from "../../components/tags";
import { pricePerHour, type PricedResource } from "../cost/buildCost";
import { hoursPerMonth, type Prices } from "../cost/prices";
import type { OwnedResource, ResourceKind } from "./leftovers";

/** AWS asks for our tag, so that an account full of others' resources costs no time. */
const ours = [{ Name: "tag-key", Values: [tagNames.project] }];

/** An instance that is ending is no leftover, and one that has ended costs nothing. */
const alive = {
  Name: "instance-state-name",
  Values: ["pending", "running", "stopping", "stopped"],
};

interface Found {
  readonly kind: ResourceKind;
  readonly id: string | undefined;
  readonly tags: readonly Tag[] | undefined;
  readonly created: Date | undefined;
  /** Free when left out. */
  readonly priced?: PricedResource;
  readonly isKept?: true;
}

/** A snapshot that an image needs. */
interface ImageSnapshot {
  readonly id: string;
  readonly image: string;
  readonly GiB: number;
  readonly isKept: boolean;
}

/** All of EC2 that bears our tags in the client's region. */
export async function findEc2Resources(ec2: EC2Client, prices: Prices): Promise<OwnedResource[]> {
  const [images, ...lists] = await Promise.all([
    findImages(ec2),
    findInstances(ec2),
    findSnapshots(ec2),
    findVolumes(ec2),
    findKeyPairs(ec2),
    findSecurityGroups(ec2),
  ]);
  const owned = [...images.found, ...lists.flat()].flatMap((found): OwnedResource[] => {
    const ownership = readOwnership(plainTags(found.tags));
    if (ownership === undefined || found.id === undefined) return [];
    return [
      {
        kind: found.kind,
        id: found.id,
        ownership,
        created: found.created,
        monthlyCost: monthlyCost(found.priced, prices),
        ...(found.isKept && { isKept: found.isKept }),
      },
    ];
  });
  return owned.map((resource) => withImage(resource, owned, images.snapshots, prices));
}

/**
 * A snapshot is tied to its image. One that was never tagged, as a bake that was killed leaves it, is on
 * nobody's list: it goes with the image and costs as part of it.
 */
function withImage(
  resource: OwnedResource,
  owned: readonly OwnedResource[],
  snapshots: readonly ImageSnapshot[],
  prices: Prices,
): OwnedResource {
  if (resource.kind === "snapshot") {
    const found = snapshots.find(({ id }) => id === resource.id);
    if (found === undefined) return resource;
    return { ...resource, image: found.image, ...(found.isKept && { isKept: true }) };
  }
  if (resource.kind !== "image") return resource;
  const listed = new Set(owned.map(({ id }) => id));
  const unlisted = snapshots.filter(({ id, image }) => image === resource.id && !listed.has(id));
  const GiB = unlisted.reduce((sum, snapshot) => sum + snapshot.GiB, 0);
  return { ...resource, monthlyCost: monthlyCost({ kind: "snapshot", GiB }, prices) };
}

function monthlyCost(resource: PricedResource | undefined, prices: Prices): number | undefined {
  if (resource === undefined) return 0;
  const perHour = pricePerHour(resource, prices);
  return perHour === undefined ? undefined : perHour * hoursPerMonth;
}

/** Tags as a plain object; AWS has them as a list of pairs. */
export function plainTags(
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] = [],
): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));
}

async function findInstances(client: EC2Client): Promise<Found[]> {
  const found: Found[] = [];
  for await (const page of paginateDescribeInstances({ client }, { Filters: [...ours, alive] })) {
    for (const { Instances = [] } of page.Reservations ?? []) {
      found.push(
        ...Instances.map(({ InstanceId, Tags, LaunchTime, InstanceType = "", State }) => ({
          kind: "instance" as const,
          id: InstanceId,
          tags: Tags,
          created: LaunchTime,
          // A stopped instance costs nothing but its volumes, which are listed on their own.
          ...(State?.Name !== "stopped" && {
            priced: { kind: "instance" as const, type: InstanceType },
          }),
        })),
      );
    }
  }
  return found;
}

/** An image that is to outlive its stack has a day of deprecation; see `BakedAmi`. */
async function findImages(
  client: EC2Client,
): Promise<{ readonly found: Found[]; readonly snapshots: ImageSnapshot[] }> {
  const found: Found[] = [];
  const snapshots: ImageSnapshot[] = [];
  for await (const page of paginateDescribeImages(
    { client },
    { Owners: ["self"], Filters: ours },
  )) {
    for (const image of page.Images ?? []) {
      const { ImageId: id, Tags: tags, CreationDate, DeprecationTime } = image;
      const isKept = DeprecationTime !== undefined;
      const created = CreationDate === undefined ? undefined : new Date(CreationDate);
      found.push({ kind: "image", id, tags, created, ...(isKept && { isKept }) });
      for (const { Ebs } of image.BlockDeviceMappings ?? []) {
        if (id === undefined || Ebs?.SnapshotId === undefined) continue;
        snapshots.push({ id: Ebs.SnapshotId, image: id, GiB: Ebs.VolumeSize ?? 0, isKept });
      }
    }
  }
  return { found, snapshots };
}

async function findSnapshots(client: EC2Client): Promise<Found[]> {
  const found: Found[] = [];
  const input = { OwnerIds: ["self"], Filters: ours };
  for await (const page of paginateDescribeSnapshots({ client }, input)) {
    for (const { SnapshotId, Tags, StartTime, VolumeSize = 0 } of page.Snapshots ?? []) {
      found.push({
        kind: "snapshot",
        id: SnapshotId,
        tags: Tags,
        created: StartTime,
        // At most: AWS bills the blocks that are stored and tells only the volume's size.
        priced: { kind: "snapshot", GiB: VolumeSize },
      });
    }
  }
  return found;
}

async function findVolumes(client: EC2Client): Promise<Found[]> {
  const found: Found[] = [];
  for await (const page of paginateDescribeVolumes({ client }, { Filters: ours })) {
    for (const { VolumeId, Tags, CreateTime, Size = 0 } of page.Volumes ?? []) {
      found.push({
        kind: "volume",
        id: VolumeId,
        tags: Tags,
        created: CreateTime,
        priced: { kind: "volume", GiB: Size },
      });
    }
  }
  return found;
}

async function findKeyPairs(client: EC2Client): Promise<Found[]> {
  const { KeyPairs = [] } = await client.send(new DescribeKeyPairsCommand({ Filters: ours }));
  return KeyPairs.map(({ KeyName, Tags, CreateTime }) => ({
    kind: "key pair",
    id: KeyName,
    tags: Tags,
    created: CreateTime,
  }));
}

/** AWS does not tell when a group was made: only its expiry makes it a leftover. */
async function findSecurityGroups(client: EC2Client): Promise<Found[]> {
  const found: Found[] = [];
  for await (const page of paginateDescribeSecurityGroups({ client }, { Filters: ours })) {
    for (const { GroupId, Tags } of page.SecurityGroups ?? []) {
      found.push({ kind: "security group", id: GroupId, tags: Tags, created: undefined });
    }
  }
  return found;
}
