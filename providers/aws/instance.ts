import type { provider } from "@pulumi/pulumi";
import {
  CreateTagsCommand,
  DescribeImagesCommand,
  ModifyInstanceAttributeCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import type { PropertyTable } from "../lib/propertyTable";
import { HalfMade, type Created, type ResourceType } from "../lib/standIn";
import { isObject, type Properties } from "../lib/wireValues";
import type { Clients } from "./clients";
import { forgivingAbsence, whileDoing } from "./errors";
import { changeInstance } from "./instanceChanges";
import { rootVolumeTags, runInstancesRequest } from "./instanceRequest";
import {
  basicOutputs,
  describeInstance,
  instanceInputs,
  instanceOutputs,
  rootVolume,
  waitForInstance,
} from "./instanceState";
import { readTags, tagOutputs } from "./tags";
import { limits, retryWhile } from "./waiting";

const inputs: PropertyTable = {
  ami: { kind: "string", required: true, replaces: true },
  instanceType: { kind: "string", required: true },
  keyName: { kind: "string", replaces: true, computed: true },
  subnetId: { kind: "string", replaces: true, computed: true },
  vpcSecurityGroupIds: { kind: "set of strings", computed: true },
  iamInstanceProfile: { kind: "string", computed: true },
  associatePublicIpAddress: { kind: "boolean", replaces: true, computed: true },
  userData: {
    kind: "string",
    computed: true,
    replaces: ({ userDataReplaceOnChange }) => userDataReplaceOnChange === true,
  },
  userDataReplaceOnChange: { kind: "boolean", default: false },
  metadataOptions: { kind: "object", computed: true },
  instanceMarketOptions: { kind: "object", replaces: true, computed: true },
  instanceInitiatedShutdownBehavior: { kind: "string", computed: true },
  rootBlockDevice: { kind: "object", computed: true },
  tags: { kind: "map of strings" },
};

/** What of each block is passed on to AWS. */
const blocks: Readonly<Record<string, readonly string[]>> = {
  metadataOptions: ["httpEndpoint", "httpTokens", "httpPutResponseHopLimit"],
  instanceMarketOptions: ["marketType", "spotOptions"],
  rootBlockDevice: [
    ...["volumeType", "volumeSize", "throughput", "iops"],
    ...["deleteOnTermination", "tags"],
  ],
};

/** `aws.ec2.Instance`. Made when it runs, deleted when it is terminated. */
export function instance(clients: Clients): ResourceType {
  return {
    inputs,
    check: strangeInBlocks,
    create: (wanted) => createInstance(clients, wanted),
    read: async (state, { id }) => {
      const found = await describeInstance(clients, id);
      if (found === undefined || found.State?.Name === "terminated") return "gone";
      const outputs = await instanceOutputs(clients, found, state);
      return { ...outputs, ...instanceInputs(found, state), ...readTags(found.Tags) };
    },
    update: async (state, wanted, { id }) => {
      const found = await describeInstance(clients, id);
      if (found === undefined) throw new Error(`updating EC2 Instance (${id}): it is gone`);
      await changeInstance(clients, found, state, wanted).catch((error: unknown) => {
        throw whileDoing(`updating EC2 Instance (${id})`, error);
      });
      const changed = await describeInstance(clients, id);
      return { ...(await instanceOutputs(clients, changed, wanted)), ...tagOutputs(wanted) };
    },
    delete: (_state, { id }) => terminate(clients, id),
  };
}

function strangeInBlocks(wanted: Properties): provider.CheckFailure[] {
  return Object.entries(blocks).flatMap(([block, known]) => {
    const given = wanted[block];
    const strange = isObject(given) ? Object.keys(given).filter((key) => !known.includes(key)) : [];
    return strange.map((key) => ({
      property: `${block}.${key}`,
      reason: `is not among what this stand-in knows: ${known.join(", ")}`,
    }));
  });
}

async function createInstance(clients: Clients, wanted: Properties): Promise<Created> {
  const rootDevice = await rootDeviceOf(clients, wanted["ami"] as string);
  const { Instances } = await retryWhile(
    // A profile made a moment ago is not known to EC2 yet, nor is that it has a role.
    ({ message }) => /Invalid IAM Instance Profile| has no associated IAM Roles/.test(message),
    "the IAM Instance Profile to be known to EC2",
    { limitMs: limits.iamPropagation },
    () => clients.ec2.send(new RunInstancesCommand(runInstancesRequest(wanted, rootDevice))),
  ).catch((error: unknown) => {
    throw whileDoing("creating EC2 Instance", error);
  });
  const started = Instances?.[0];
  const id = started?.InstanceId ?? "";
  const tags = tagOutputs(wanted);
  try {
    const hopeless = ["shutting-down", "terminated", "stopped", "stopping"];
    const running = await waitForInstance(clients, id, "running", limits.instanceCreate, hopeless);
    const Tags = rootVolumeTags(wanted);
    const volume = Tags.length === 0 ? undefined : await rootVolume(clients, running);
    if (volume?.VolumeId !== undefined) {
      await clients.ec2.send(new CreateTagsCommand({ Resources: [volume.VolumeId], Tags }));
    }
    return { id, outputs: { ...(await instanceOutputs(clients, running, wanted)), ...tags } };
  } catch (error) {
    throw new HalfMade(
      { id, outputs: { ...basicOutputs(started), ...tags } },
      `creating EC2 Instance (${id}): ${(error as Error).message}`,
    );
  }
}

/** The request gives the root disk by its name in the image. */
async function rootDeviceOf({ ec2 }: Clients, image: string): Promise<string> {
  const { Images = [] } = await ec2
    .send(new DescribeImagesCommand({ ImageIds: [image] }))
    .catch((error: unknown) => {
      throw whileDoing(`creating EC2 Instance: reading AMI (${image})`, error);
    });
  return Images[0]?.RootDeviceName ?? "/dev/sda1";
}

async function terminate(clients: Clients, id: string): Promise<void> {
  await forgivingAbsence(async () => {
    // As the official plugin does it: what is protected can be destroyed too. Spot instances refuse the question.
    await clients.ec2
      .send(
        new ModifyInstanceAttributeCommand({
          InstanceId: id,
          DisableApiTermination: { Value: false },
        }),
      )
      .catch(() => undefined);
    await clients.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  });
  await waitForInstance(clients, id, "terminated", limits.instanceDelete);
}
