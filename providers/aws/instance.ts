import {
  CreateTagsCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  ModifyInstanceAttributeCommand,
  ModifyVolumeCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type Instance,
} from "@aws-sdk/client-ec2";
import { HalfMade, type Created, type ResourceType } from "../lib/standIn";
import { sameValue, type Properties } from "../lib/wireValues";
import type { Clients } from "./clients";
import { forgivingAbsence, isNotFound, whileDoing } from "./errors";
import { rootVolumeTags, runInstancesRequest } from "./instanceRequest";
import { readTags, tagOutputs, updateTags } from "./tags";
import { limits, NotYet, retryWhile, waitUntil } from "./waiting";

/** `aws.ec2.Instance`. Made when it runs, deleted when it is terminated. */
export function instance(clients: Clients): ResourceType {
  return {
    inputs: {
      ami: { kind: "string", required: true, replaces: true },
      instanceType: { kind: "string", required: true, replaces: true },
      keyName: { kind: "string", replaces: true },
      subnetId: { kind: "string", replaces: true, computed: true },
      vpcSecurityGroupIds: { kind: "list of strings", computed: true },
      iamInstanceProfile: { kind: "string", replaces: true },
      associatePublicIpAddress: { kind: "boolean", replaces: true, computed: true },
      userData: { kind: "string", replaces: true },
      userDataReplaceOnChange: { kind: "boolean" },
      metadataOptions: { kind: "object", replaces: true },
      instanceMarketOptions: { kind: "object", replaces: true },
      instanceInitiatedShutdownBehavior: { kind: "string", replaces: true, computed: true },
      rootBlockDevice: { kind: "object" },
      tags: { kind: "map of strings" },
    },
    create: (inputs) => createInstance(clients, inputs),
    read: async (state, { id }) => {
      const found = await describe(clients, id);
      if (found === undefined || found.State?.Name === "terminated") return "gone";
      const hasAddress = found.PublicIpAddress !== undefined;
      return {
        ...outputsOf(found),
        ...readTags(found.Tags),
        ...(state["associatePublicIpAddress"] !== undefined && {
          associatePublicIpAddress: hasAddress,
        }),
      };
    },
    update: (state, inputs, { id }) => updateInstance(clients, id, state, inputs),
    delete: (_state, { id }) => terminate(clients, id),
  };
}

async function createInstance(clients: Clients, inputs: Properties): Promise<Created> {
  const rootDevice = await rootDeviceOf(clients, inputs["ami"] as string);
  const { Instances } = await retryWhile(
    // A profile made a moment ago is not known to EC2 yet.
    ({ message }) => /Invalid IAM Instance Profile|does not have attached.*role/i.test(message),
    "the IAM Instance Profile to be known to EC2",
    { limitMs: limits.iamPropagation },
    () => clients.ec2.send(new RunInstancesCommand(runInstancesRequest(inputs, rootDevice))),
  ).catch((error: unknown) => {
    throw whileDoing("creating EC2 Instance", error);
  });
  const started = Instances?.[0];
  const id = started?.InstanceId ?? "";
  const outputs = { ...outputsOf(started), ...tagOutputs(inputs) };
  try {
    const running = await waitForState(clients, id, "running", limits.instanceCreate);
    await tagRootVolume(clients, running, inputs);
    return { id, outputs: { ...outputs, ...outputsOf(running) } };
  } catch (error) {
    throw new HalfMade(
      { id, outputs },
      `creating EC2 Instance (${id}): ${(error as Error).message}`,
    );
  }
}

async function updateInstance(
  clients: Clients,
  id: string,
  state: Properties,
  inputs: Properties,
): Promise<Properties> {
  const found = await describe(clients, id);
  if (found === undefined)
    throw new Error(`updating EC2 Instance (${id}): it is not there any more`);
  await updateTags(clients.ec2, id, state["tags"], inputs["tags"]);
  const groups = inputs["vpcSecurityGroupIds"] as string[] | undefined;
  if (groups !== undefined && !sameValue(groups, state["vpcSecurityGroupIds"])) {
    await clients.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: id, Groups: groups }));
  }
  await tagRootVolume(clients, found, inputs);
  await resizeRootVolume(clients, found, state, inputs);
  return { ...outputsOf(found), ...tagOutputs(inputs) };
}

async function rootDeviceOf({ ec2 }: Clients, image: string): Promise<string> {
  const { Images = [] } = await ec2
    .send(new DescribeImagesCommand({ ImageIds: [image] }))
    .catch((error: unknown) => {
      throw whileDoing(`creating EC2 Instance: reading AMI (${image})`, error);
    });
  return Images[0]?.RootDeviceName ?? "/dev/sda1";
}

async function describe({ ec2 }: Clients, id: string): Promise<Instance | undefined> {
  try {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    return Reservations?.[0]?.Instances?.[0];
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function outputsOf(found: Instance | undefined): Properties {
  return {
    availabilityZone: found?.Placement?.AvailabilityZone ?? "",
    instanceState: found?.State?.Name ?? "",
    privateIp: found?.PrivateIpAddress ?? "",
    publicIp: found?.PublicIpAddress ?? "",
    publicDns: found?.PublicDnsName ?? "",
    subnetId: found?.SubnetId ?? "",
  };
}

/** Waits for a state; a state from which no way leads there ends the waiting. */
function waitForState(
  clients: Clients,
  id: string,
  wanted: "running" | "terminated",
  limitMs: number,
): Promise<Instance | undefined> {
  return waitUntil(`EC2 Instance (${id}) to be ${wanted}`, { limitMs }, async () => {
    const found = await describe(clients, id);
    const state = found?.State?.Name ?? (wanted === "terminated" ? "terminated" : "not known");
    if (state === wanted) return found;
    if (wanted === "running" && ["shutting-down", "terminated", "stopped"].includes(state)) {
      throw new Error(
        `unexpected state '${state}': ${found?.StateReason?.Message ?? "no reason given"}`,
      );
    }
    throw new NotYet(state);
  });
}

function rootVolumeOf(found: Instance | undefined): string | undefined {
  return found?.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === found.RootDeviceName)
    ?.Ebs?.VolumeId;
}

async function tagRootVolume(
  { ec2 }: Clients,
  found: Instance | undefined,
  inputs: Properties,
): Promise<void> {
  const Tags = rootVolumeTags(inputs);
  const volume = rootVolumeOf(found);
  if (Tags.length > 0 && volume !== undefined) {
    await ec2.send(new CreateTagsCommand({ Resources: [volume], Tags }));
  }
}

async function resizeRootVolume(
  { ec2 }: Clients,
  found: Instance,
  state: Properties,
  inputs: Properties,
): Promise<void> {
  const sizeOf = (properties: Properties): unknown =>
    (properties["rootBlockDevice"] as Properties | undefined)?.["volumeSize"];
  const VolumeId = rootVolumeOf(found);
  const Size = sizeOf(inputs) as number | undefined;
  if (VolumeId === undefined || Size === undefined || Size === sizeOf(state)) return;
  await ec2.send(new ModifyVolumeCommand({ VolumeId, Size }));
}

async function terminate(clients: Clients, id: string): Promise<void> {
  await forgivingAbsence(() =>
    clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] })),
  );
  await waitForState(clients, id, "terminated", limits.instanceDelete);
}
