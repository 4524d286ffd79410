import {
  AssociateIamInstanceProfileCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DisassociateIamInstanceProfileCommand,
  ModifyInstanceAttributeCommand,
  ModifyInstanceMetadataOptionsCommand,
  ModifyNetworkInterfaceAttributeCommand,
  ReplaceIamInstanceProfileAssociationCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  type Instance,
  type ModifyInstanceAttributeCommandInput,
} from "@aws-sdk/client-ec2";
import { sameValue, type Properties } from "../lib/wireValues";
import type { Clients } from "./clients";
import { metadataRequest } from "./instanceRequest";
import { rootVolume, waitForInstance } from "./instanceState";
import { updateTags } from "./tags";
import { modifyVolume, volumeChange } from "./volumeChanges";
import { limits, retryWhile } from "./waiting";

/** Brings a standing instance from one state to another, in the official plugin's order. */
export async function changeInstance(
  clients: Clients,
  found: Instance,
  state: Properties,
  inputs: Properties,
): Promise<void> {
  const id = found.InstanceId ?? "";
  const differs = (key: string): boolean =>
    inputs[key] !== undefined && !sameValue(state[key], inputs[key]);
  await updateTags(clients.ec2, id, state["tags"], inputs["tags"]);
  if (!sameValue(state["iamInstanceProfile"], inputs["iamInstanceProfile"])) {
    await changeProfile(clients, id, inputs["iamInstanceProfile"] as string | undefined);
  }
  if (differs("vpcSecurityGroupIds")) {
    await clients.ec2.send(
      new ModifyNetworkInterfaceAttributeCommand({
        NetworkInterfaceId: found.NetworkInterfaces?.[0]?.NetworkInterfaceId,
        Groups: inputs["vpcSecurityGroupIds"] as string[],
      }),
    );
  }
  if (differs("instanceType")) {
    const Value = inputs["instanceType"] as string;
    await changeStopped(clients, id, { InstanceType: { Value } });
  }
  if (differs("userData")) {
    await changeStopped(clients, id, {
      UserData: { Value: Buffer.from(inputs["userData"] as string) },
    });
  }
  if (differs("instanceInitiatedShutdownBehavior")) {
    const Value = inputs["instanceInitiatedShutdownBehavior"] as string;
    await clients.ec2.send(
      new ModifyInstanceAttributeCommand({
        InstanceId: id,
        InstanceInitiatedShutdownBehavior: { Value },
      }),
    );
  }
  if (differs("metadataOptions")) {
    const options = metadataRequest(inputs["metadataOptions"] as Properties);
    await clients.ec2.send(
      new ModifyInstanceMetadataOptionsCommand({ InstanceId: id, ...options }),
    );
  }
  if (differs("rootBlockDevice")) await changeRootVolume(clients, found, state, inputs);
}

/** Some attributes can be changed while the instance is stopped only; it gets another public address. */
async function changeStopped(
  clients: Clients,
  id: string,
  change: Omit<ModifyInstanceAttributeCommandInput, "InstanceId">,
): Promise<void> {
  const InstanceIds = [id];
  await clients.ec2.send(new StopInstancesCommand({ InstanceIds }));
  await waitForInstance(clients, id, "stopped", limits.instanceCreate);
  await clients.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId: id, ...change }));
  await clients.ec2.send(new StartInstancesCommand({ InstanceIds }));
  await waitForInstance(clients, id, "running", limits.instanceCreate, ["terminated"]);
}

async function changeProfile(
  { ec2 }: Clients,
  id: string,
  profile: string | undefined,
): Promise<void> {
  const { IamInstanceProfileAssociations = [] } = await ec2.send(
    new DescribeIamInstanceProfileAssociationsCommand({
      Filters: [{ Name: "instance-id", Values: [id] }],
    }),
  );
  const AssociationId = IamInstanceProfileAssociations[0]?.AssociationId;
  if (profile === undefined) {
    if (AssociationId !== undefined) {
      await ec2.send(new DisassociateIamInstanceProfileCommand({ AssociationId }));
    }
    return;
  }
  const IamInstanceProfile = { Name: profile };
  await retryWhile(
    ({ message }) => message.includes("Invalid IAM Instance Profile"),
    "the IAM Instance Profile to be known to EC2",
    { limitMs: limits.iamPropagation },
    () =>
      AssociationId === undefined
        ? ec2.send(new AssociateIamInstanceProfileCommand({ InstanceId: id, IamInstanceProfile }))
        : ec2.send(
            new ReplaceIamInstanceProfileAssociationCommand({ AssociationId, IamInstanceProfile }),
          ),
  );
}

async function changeRootVolume(
  clients: Clients,
  found: Instance,
  state: Properties,
  inputs: Properties,
): Promise<void> {
  const before = (state["rootBlockDevice"] ?? {}) as Properties;
  const after = inputs["rootBlockDevice"] as Properties;
  const volume = await rootVolume(clients, found);
  if (volume?.VolumeId === undefined) return;
  const { VolumeId } = volume;
  await modifyVolume(clients, VolumeId, {
    ...volumeChange(before, after, "volumeSize", "Size"),
    ...volumeChange(before, after, "volumeType", "VolumeType"),
    ...volumeChange(before, after, "iops", "Iops"),
    ...volumeChange(before, after, "throughput", "Throughput"),
  });
  const DeleteOnTermination = (after["deleteOnTermination"] as boolean | undefined) ?? true;
  if (((before["deleteOnTermination"] as boolean | undefined) ?? true) !== DeleteOnTermination) {
    await clients.ec2.send(
      new ModifyInstanceAttributeCommand({
        InstanceId: found.InstanceId,
        BlockDeviceMappings: [{ DeviceName: found.RootDeviceName, Ebs: { DeleteOnTermination } }],
      }),
    );
  }
  if (after["tags"] !== undefined) {
    await updateTags(clients.ec2, VolumeId, before["tags"], after["tags"]);
  }
}
