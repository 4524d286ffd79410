import {
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  type Instance,
  type Volume,
} from "@aws-sdk/client-ec2";
import type { Properties } from "../lib/wireValues";
import type { Clients } from "./clients";
import { isNotFound } from "./errors";
import { tagsOf } from "./tags";
import { NotYet, waitUntil } from "./waiting";

/** The instance, or undefined if AWS knows none of this id. */
export async function describeInstance(
  { ec2 }: Clients,
  id: string,
): Promise<Instance | undefined> {
  try {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    return Reservations?.[0]?.Instances?.[0];
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * Waits for a state.
 *
 * @param hopeless states from which no way leads there
 * @throws Error with the state and AWS's reason for it, in a hopeless state or when the time is up
 */
export function waitForInstance(
  clients: Clients,
  id: string,
  wanted: "running" | "stopped" | "terminated",
  limitMs: number,
  hopeless: readonly string[] = [],
): Promise<Instance | undefined> {
  return waitUntil(`EC2 Instance (${id}) to be ${wanted}`, { limitMs }, async () => {
    const found = await describeInstance(clients, id);
    const state = found?.State?.Name ?? (wanted === "terminated" ? "terminated" : "not known");
    if (state === wanted) return found;
    if (hopeless.includes(state)) {
      throw new Error(
        `unexpected state '${state}', wanted target '${wanted}': ${found?.StateReason?.Message || "no reason given"}`,
      );
    }
    throw new NotYet(state);
  });
}

/** The root disk of an instance; undefined while it has none. */
export async function rootVolume(
  { ec2 }: Clients,
  found: Instance | undefined,
): Promise<Volume | undefined> {
  const id = found?.BlockDeviceMappings?.find(
    ({ DeviceName }) => DeviceName === found.RootDeviceName,
  )?.Ebs?.VolumeId;
  if (id === undefined) return undefined;
  try {
    return (await ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] }))).Volumes?.[0];
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Only those of the values that AWS told. */
function told(values: Properties): Properties {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/**
 * The block of the root disk: what was given, over it what there is. `tags` are there only if they were given, so
 * that tags from elsewhere change nothing.
 */
function rootBlock(given: Properties | undefined, volume: Volume, device: string): Properties {
  return {
    ...given,
    ...told({
      deviceName: device,
      volumeId: volume.VolumeId,
      volumeSize: volume.Size,
      volumeType: volume.VolumeType,
      iops: volume.Iops,
      throughput: volume.Throughput,
      encrypted: volume.Encrypted,
      ...(given?.["tags"] !== undefined && { tags: tagsOf(volume.Tags) }),
    }),
  };
}

/** The outputs, with the blocks of `inputs` filled in. */
export async function instanceOutputs(
  clients: Clients,
  found: Instance | undefined,
  inputs: Properties,
): Promise<Properties> {
  const volume = await rootVolume(clients, found);
  const given = inputs["rootBlockDevice"] as Properties | undefined;
  return {
    ...basicOutputs(found),
    ...(volume !== undefined && {
      rootBlockDevice: rootBlock(given, volume, found?.RootDeviceName ?? ""),
    }),
  };
}

/** The outputs that the instance alone tells. */
export function basicOutputs(found: Instance | undefined): Properties {
  return {
    availabilityZone: found?.Placement?.AvailabilityZone ?? "",
    instanceState: found?.State?.Name ?? "",
    primaryNetworkInterfaceId: found?.NetworkInterfaces?.[0]?.NetworkInterfaceId ?? "",
    privateDns: found?.PrivateDnsName ?? "",
    privateIp: found?.PrivateIpAddress ?? "",
    publicDns: found?.PublicDnsName ?? "",
    publicIp: found?.PublicIpAddress ?? "",
    subnetId: found?.SubnetId ?? "",
  };
}

/** The inputs as the instance has them, of those that were given. */
export function instanceInputs(found: Instance, state: Properties): Properties {
  const options = found.MetadataOptions;
  const groups = (found.NetworkInterfaces?.[0]?.Groups ?? []).map(({ GroupId }) => GroupId);
  const live: Properties = {
    ami: found.ImageId,
    instanceType: found.InstanceType,
    keyName: found.KeyName,
    iamInstanceProfile: found.IamInstanceProfile?.Arn?.split("/").at(-1),
    // A stopped instance has no address, and the official plugin does not tell that from none asked for.
    associatePublicIpAddress: found.PublicIpAddress !== undefined,
    vpcSecurityGroupIds: groups.length === 0 ? undefined : groups,
    metadataOptions: options && {
      ...(state["metadataOptions"] as Properties | undefined),
      ...told({
        httpEndpoint: options.HttpEndpoint,
        httpTokens: options.HttpTokens,
        httpPutResponseHopLimit: options.HttpPutResponseHopLimit,
      }),
    },
  };
  return Object.fromEntries(Object.entries(live).filter(([key]) => state[key] !== undefined));
}
