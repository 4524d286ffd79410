import {
  AttachVolumeCommand,
  CreateVolumeCommand,
  DeleteVolumeCommand,
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  type Volume,
  type VolumeType,
} from "@aws-sdk/client-ec2";
import { HalfMade, type ResourceType } from "../lib/standIn";
import type { Properties } from "../lib/wireValues";
import type { Clients } from "./clients";
import { errorName, forgivingAbsence, isNotFound, whileDoing } from "./errors";
import { readTags, tagOutputs, tagSpecification, updateTags } from "./tags";
import { modifyVolume, volumeChange } from "./volumeChanges";
import { limits, NotYet, retryWhile, waitUntil } from "./waiting";

/** `aws.ebs.Volume`. */
export function volume(clients: Clients): ResourceType {
  return {
    inputs: {
      availabilityZone: { kind: "string", required: true, replaces: true },
      snapshotId: { kind: "string", replaces: true },
      size: { kind: "number", computed: true },
      type: { kind: "string", computed: true },
      iops: { kind: "number", computed: true },
      throughput: { kind: "number", computed: true },
      volumeInitializationRate: { kind: "number", replaces: true },
      tags: { kind: "map of strings" },
    },
    create: async (inputs) => {
      const { VolumeId: id = "" } = await clients.ec2
        .send(
          new CreateVolumeCommand({
            AvailabilityZone: inputs["availabilityZone"] as string,
            SnapshotId: inputs["snapshotId"] as string | undefined,
            Size: inputs["size"] as number | undefined,
            VolumeType: inputs["type"] as VolumeType | undefined,
            Iops: inputs["iops"] as number | undefined,
            Throughput: inputs["throughput"] as number | undefined,
            VolumeInitializationRate: inputs["volumeInitializationRate"] as number | undefined,
            ...tagSpecification("volume", inputs["tags"]),
          }),
        )
        .catch((error: unknown) => {
          throw whileDoing("creating EBS Volume", error);
        });
      const outputs = tagOutputs(inputs);
      try {
        const made = await waitForVolume(clients, id, "available");
        return { id, outputs: { ...outputs, ...volumeOutputs(made) } };
      } catch (error) {
        throw new HalfMade(
          { id, outputs },
          `creating EBS Volume (${id}): ${(error as Error).message}`,
        );
      }
    },
    read: async (_state, { id }) => {
      const found = await describe(clients, id);
      return found === undefined ? "gone" : { ...volumeOutputs(found), ...readTags(found.Tags) };
    },
    update: async (state, inputs, { id }) => {
      await modifyVolume(clients, id, {
        ...volumeChange(state, inputs, "size", "Size"),
        ...volumeChange(state, inputs, "type", "VolumeType"),
        ...volumeChange(state, inputs, "iops", "Iops"),
        ...volumeChange(state, inputs, "throughput", "Throughput"),
      }).catch((error: unknown) => {
        throw whileDoing(`modifying EBS Volume (${id})`, error);
      });
      await updateTags(clients.ec2, id, state["tags"], inputs["tags"]);
      return { ...volumeOutputs(await describe(clients, id)), ...tagOutputs(inputs) };
    },
    delete: (_state, { id }) =>
      forgivingAbsence(() =>
        retryWhile(
          ({ name }) => name === "VolumeInUse",
          `EBS Volume (${id}) to be free`,
          { limitMs: limits.volume * 2 },
          () => clients.ec2.send(new DeleteVolumeCommand({ VolumeId: id })),
        ),
      ),
  };
}

/** `aws.ec2.VolumeAttachment`. */
export function volumeAttachment(clients: Clients): ResourceType {
  return {
    inputs: {
      deviceName: { kind: "string", required: true, replaces: true },
      instanceId: { kind: "string", required: true, replaces: true },
      volumeId: { kind: "string", required: true, replaces: true },
      forceDetach: { kind: "boolean" },
    },
    create: async (inputs) => {
      const {
        deviceName: Device,
        instanceId: InstanceId,
        volumeId: VolumeId,
      } = inputs as Record<string, string>;
      const what = `EBS Volume (${VolumeId}) Attachment (${InstanceId})`;
      await clients.ec2
        .send(new AttachVolumeCommand({ Device, InstanceId, VolumeId }))
        .catch((error: unknown) => {
          throw whileDoing(`attaching ${what}`, error);
        });
      const id = `vai-${Device}-${VolumeId}-${InstanceId}`;
      try {
        await waitForVolume(clients, VolumeId ?? "", "in-use");
      } catch (error) {
        throw new HalfMade({ id, outputs: {} }, `attaching ${what}: ${(error as Error).message}`);
      }
      return { id, outputs: {} };
    },
    read: async (state) => {
      const found = await describe(clients, state["volumeId"] as string);
      const isAttached = found?.Attachments?.some(
        ({ InstanceId }) => InstanceId === state["instanceId"],
      );
      return isAttached === true ? {} : "gone";
    },
    update: () => Promise.resolve({}),
    delete: async (state) => {
      const VolumeId = state["volumeId"] as string;
      const InstanceId = state["instanceId"] as string;
      if (await isGone(clients, InstanceId)) return;
      try {
        await clients.ec2.send(
          new DetachVolumeCommand({
            Device: state["deviceName"] as string,
            InstanceId,
            VolumeId,
            Force: (state["forceDetach"] as boolean | undefined) ?? false,
          }),
        );
      } catch (error) {
        // It is detached already, or its instance took it along.
        if (isNotFound(error) || errorName(error) === "IncorrectState") return;
        throw whileDoing(`detaching EBS Volume (${VolumeId}) from (${InstanceId})`, error);
      }
      await waitForVolume(clients, VolumeId, "available", true);
    },
  };
}

function volumeOutputs(found: Volume | undefined): Properties {
  return {
    size: found?.Size,
    type: found?.VolumeType,
    iops: found?.Iops,
    throughput: found?.Throughput,
  };
}

async function describe({ ec2 }: Clients, id: string): Promise<Volume | undefined> {
  try {
    return (await ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] }))).Volumes?.[0];
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function waitForVolume(
  clients: Clients,
  id: string,
  wanted: "available" | "in-use",
  mayBeGone = false,
): Promise<Volume | undefined> {
  return waitUntil(`EBS Volume (${id}) to be ${wanted}`, { limitMs: limits.volume }, async () => {
    const found = await describe(clients, id);
    if (found === undefined && mayBeGone) return undefined;
    const state = found?.State ?? "not known";
    const isAttaching = found?.Attachments?.some(({ State }) => State === "attaching") ?? false;
    if (state === wanted && !(wanted === "in-use" && isAttaching)) return found;
    if (state === "error") throw new Error("unexpected state 'error'");
    throw new NotYet(isAttaching ? "attaching" : state);
  });
}

async function isGone({ ec2 }: Clients, instance: string): Promise<boolean> {
  try {
    const { Reservations } = await ec2.send(
      new DescribeInstancesCommand({ InstanceIds: [instance] }),
    );
    return Reservations?.[0]?.Instances?.[0]?.State?.Name === "terminated";
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}
