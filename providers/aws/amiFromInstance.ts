import {
  CreateImageCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DisableImageDeprecationCommand,
  EnableImageDeprecationCommand,
  ModifyImageAttributeCommand,
  type Image,
} from "@aws-sdk/client-ec2";
import { HalfMade, type ResourceType } from "../lib/standIn";
import type { Properties } from "../lib/wireValues";
import type { Clients } from "./clients";
import { forgivingAbsence, isNotFound, whileDoing } from "./errors";
import { readTags, tagOutputs, tagSpecification, updateTags } from "./tags";
import { limits, NotYet, waitUntil } from "./waiting";

/**
 * `aws.ec2.AmiFromInstance`: made when the image is available; deleted with its snapshots, which get no tags
 * when they are made.
 */
export function amiFromInstance(clients: Clients): ResourceType {
  return {
    inputs: {
      name: { kind: "string", required: true, replaces: true },
      sourceInstanceId: { kind: "string", required: true, replaces: true },
      snapshotWithoutReboot: { kind: "boolean", replaces: true },
      description: { kind: "string" },
      deprecationTime: { kind: "string" },
      tags: { kind: "map of strings" },
    },
    create: async (inputs) => {
      const name = inputs["name"] as string;
      const { ImageId: id = "" } = await clients.ec2
        .send(
          new CreateImageCommand({
            Name: name,
            InstanceId: inputs["sourceInstanceId"] as string,
            NoReboot: (inputs["snapshotWithoutReboot"] as boolean | undefined) ?? false,
            Description: inputs["description"] as string | undefined,
            ...tagSpecification("image", inputs["tags"]),
          }),
        )
        .catch((error: unknown) => {
          throw whileDoing(`creating EC2 AMI (${name}) from Instance`, error);
        });
      try {
        const image = await waitUntil(
          `EC2 AMI (${id}) to be available`,
          { limitMs: limits.imageCreate },
          () => availableImage(clients, id),
        );
        if (inputs["deprecationTime"] !== undefined) {
          await deprecate(clients, id, inputs["deprecationTime"]);
        }
        return { id, outputs: { ...outputsOf(image), ...tagOutputs(inputs) } };
      } catch (error) {
        throw new HalfMade(
          { id, outputs: tagOutputs(inputs) },
          `creating EC2 AMI (${name}): ${(error as Error).message}`,
        );
      }
    },
    read: async (_state, { id }) => {
      const image = await describe(clients, id);
      return image === undefined ? "gone" : { ...outputsOf(image), ...readTags(image.Tags) };
    },
    update: async (state, inputs, { id }) => {
      await updateTags(clients.ec2, id, state["tags"], inputs["tags"]);
      if (state["deprecationTime"] !== inputs["deprecationTime"]) {
        await deprecate(clients, id, inputs["deprecationTime"]);
      }
      if (state["description"] !== inputs["description"]) {
        const Value = (inputs["description"] as string | undefined) ?? "";
        const Description = { Value };
        await clients.ec2.send(new ModifyImageAttributeCommand({ ImageId: id, Description }));
      }
      const image = await describe(clients, id);
      return { ...outputsOf(image), ...tagOutputs(inputs) };
    },
    delete: async (state, { id }) => {
      await forgivingAbsence(() => clients.ec2.send(new DeregisterImageCommand({ ImageId: id })));
      // From the state, as the official plugin does: an image that is gone tells of no snapshots.
      for (const SnapshotId of snapshotsOf(state)) {
        await forgivingAbsence(() => clients.ec2.send(new DeleteSnapshotCommand({ SnapshotId })));
      }
    },
  };
}

async function describe({ ec2 }: Clients, id: string): Promise<Image | undefined> {
  try {
    return (await ec2.send(new DescribeImagesCommand({ ImageIds: [id] }))).Images?.[0];
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function availableImage(clients: Clients, id: string): Promise<Image> {
  const image = await describe(clients, id);
  if (image?.State === "available") return image;
  if (image?.State === "failed" || image?.State === "invalid") {
    throw new Error(`unexpected state '${image.State}': ${image.StateReason?.Message ?? ""}`);
  }
  throw new NotYet(image?.State ?? "not known");
}

async function deprecate({ ec2 }: Clients, ImageId: string, time: unknown): Promise<void> {
  if (typeof time === "string") {
    await ec2.send(new EnableImageDeprecationCommand({ ImageId, DeprecateAt: new Date(time) }));
  } else if (time === undefined) {
    await ec2.send(new DisableImageDeprecationCommand({ ImageId }));
  }
}

function outputsOf(image: Image | undefined): Properties {
  const devices = (image?.BlockDeviceMappings ?? []).flatMap(({ DeviceName, Ebs }) =>
    Ebs === undefined
      ? []
      : [{ deviceName: DeviceName, snapshotId: Ebs.SnapshotId, volumeSize: Ebs.VolumeSize }],
  );
  const root = devices.find(({ deviceName }) => deviceName === image?.RootDeviceName);
  return {
    architecture: image?.Architecture ?? "",
    ebsBlockDevices: devices,
    rootDeviceName: image?.RootDeviceName ?? "",
    rootSnapshotId: root?.snapshotId ?? "",
  };
}

function snapshotsOf(state: Properties): string[] {
  const devices = (state["ebsBlockDevices"] ?? []) as { snapshotId?: string }[];
  return devices.flatMap(({ snapshotId }) => snapshotId ?? []);
}
