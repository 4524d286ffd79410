import {
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcsCommand,
  RevokeSecurityGroupEgressCommand,
} from "@aws-sdk/client-ec2";
import { HalfMade, type ResourceType } from "../lib/standIn";
import type { Clients } from "./clients";
import { forgivingAbsence, isNotFound, whileDoing } from "./errors";
import { readTags, tagOutputs, tagSpecification, updateTags } from "./tags";
import { limits, retryWhile } from "./waiting";

/** `aws.ec2.SecurityGroup`, its rules being resources of their own. */
export function securityGroup(clients: Clients): ResourceType {
  return {
    inputs: {
      name: { kind: "string", required: true, replaces: true },
      description: { kind: "string", default: "Managed by Pulumi", replaces: true },
      vpcId: { kind: "string", replaces: true, computed: true },
      revokeRulesOnDelete: { kind: "boolean" },
      tags: { kind: "map of strings" },
    },
    create: async (inputs) => {
      const name = inputs["name"] as string;
      const VpcId = (inputs["vpcId"] as string | undefined) ?? (await defaultVpc(clients));
      const { GroupId: id = "" } = await clients.ec2
        .send(
          new CreateSecurityGroupCommand({
            GroupName: name,
            Description: inputs["description"] as string,
            VpcId,
            ...tagSpecification("security-group", inputs["tags"]),
          }),
        )
        .catch((error: unknown) => {
          throw whileDoing(`creating Security Group (${name})`, error);
        });
      const outputs = { vpcId: VpcId, ...tagOutputs(inputs) };
      try {
        await revokeDefaultEgress(clients, id);
      } catch (error) {
        const reason = whileDoing(`revoking default egress rules of Security Group (${id})`, error);
        throw new HalfMade({ id, outputs }, reason.message);
      }
      return { id, outputs };
    },
    read: async (_state, { id }) => {
      try {
        const { SecurityGroups } = await clients.ec2.send(
          new DescribeSecurityGroupsCommand({ GroupIds: [id] }),
        );
        return readTags(SecurityGroups?.[0]?.Tags);
      } catch (error) {
        if (isNotFound(error)) return "gone";
        throw error;
      }
    },
    update: async (state, inputs, { id }) => {
      await updateTags(clients.ec2, id, state["tags"], inputs["tags"]);
      return { vpcId: state["vpcId"], ...tagOutputs(inputs) };
    },
    // Network interfaces of an instance that has just ended hold on to their groups for a while.
    delete: (_state, { id }) =>
      forgivingAbsence(() =>
        retryWhile(
          ({ name }) => name === "DependencyViolation" || name === "InvalidGroup.InUse",
          `Security Group (${id}) to be free`,
          { limitMs: limits.groupDelete, pauseMs: 500 },
          () => clients.ec2.send(new DeleteSecurityGroupCommand({ GroupId: id })),
        ),
      ),
  };
}

async function defaultVpc({ ec2 }: Clients): Promise<string> {
  const { Vpcs = [] } = await ec2.send(
    new DescribeVpcsCommand({ Filters: [{ Name: "is-default", Values: ["true"] }] }),
  );
  const id = Vpcs[0]?.VpcId;
  if (id === undefined) {
    throw new Error("creating Security Group: VPCIdNotSpecified: No default VPC for this user");
  }
  return id;
}

/** AWS lets a new group send anywhere; the official plugin takes that rule away. */
async function revokeDefaultEgress({ ec2 }: Clients, id: string): Promise<void> {
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }));
  const rules = SecurityGroups?.[0]?.IpPermissionsEgress ?? [];
  if (rules.length === 0) return;
  const IpPermissions = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
  await ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId: id, IpPermissions }));
}
