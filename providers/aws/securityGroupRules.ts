import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  type AuthorizeSecurityGroupIngressCommandInput,
  DescribeSecurityGroupRulesCommand,
  type EC2Client,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
} from "@aws-sdk/client-ec2";
import type { ResourceType } from "../lib/standIn";
import type { Properties } from "../lib/wireValues";
import type { Clients } from "./clients";
import { forgivingAbsence, isNotFound, whileDoing } from "./errors";
import { tagOutputs, tagSpecification } from "./tags";

interface Direction {
  /** @returns id of the new rule */
  readonly authorize: (
    ec2: EC2Client,
    rule: AuthorizeSecurityGroupIngressCommandInput,
  ) => Promise<string>;
  readonly revoke: (
    ec2: EC2Client,
    rule: { GroupId: string; SecurityGroupRuleIds: string[] },
  ) => Promise<unknown>;
}

const directions: Readonly<Record<"ingress" | "egress", Direction>> = {
  ingress: {
    authorize: async (ec2, rule) =>
      idOf(await ec2.send(new AuthorizeSecurityGroupIngressCommand(rule))),
    revoke: (ec2, rule) => ec2.send(new RevokeSecurityGroupIngressCommand(rule)),
  },
  egress: {
    authorize: async (ec2, rule) =>
      idOf(
        await ec2.send(new AuthorizeSecurityGroupEgressCommand({ ...rule, GroupId: rule.GroupId })),
      ),
    revoke: (ec2, rule) => ec2.send(new RevokeSecurityGroupEgressCommand(rule)),
  },
};

function idOf({
  SecurityGroupRules,
}: {
  SecurityGroupRules?: { SecurityGroupRuleId?: string | undefined }[] | undefined;
}): string {
  return SecurityGroupRules?.[0]?.SecurityGroupRuleId ?? "";
}

/**
 * `aws.vpc.SecurityGroupIngressRule` and `SecurityGroupEgressRule`, for IPv4 blocks. Every change replaces;
 * the official plugin changes some in place.
 */
export function securityGroupRule(
  clients: Clients,
  direction: keyof typeof directions,
): ResourceType {
  const { authorize, revoke } = directions[direction];
  return {
    inputs: {
      securityGroupId: { kind: "string", required: true },
      ipProtocol: { kind: "string", required: true },
      fromPort: { kind: "number" },
      toPort: { kind: "number" },
      cidrIpv4: { kind: "string", required: true },
      description: { kind: "string" },
      tags: { kind: "map of strings" },
    },
    create: async (inputs) => {
      const group = inputs["securityGroupId"] as string;
      const id = await authorize(clients.ec2, {
        GroupId: group,
        IpPermissions: [permission(inputs)],
        ...tagSpecification("security-group-rule", inputs["tags"]),
      }).catch((error: unknown) => {
        throw whileDoing(`creating VPC Security Group Rule (${direction}, ${group})`, error);
      });
      return { id, outputs: { securityGroupRuleId: id, ...tagOutputs(inputs) } };
    },
    read: async (_state, { id }) => {
      try {
        const { SecurityGroupRules = [] } = await clients.ec2.send(
          new DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [id] }),
        );
        return SecurityGroupRules.length === 0 ? "gone" : {};
      } catch (error) {
        if (isNotFound(error)) return "gone";
        throw error;
      }
    },
    delete: (state, { id }) =>
      forgivingAbsence(() =>
        revoke(clients.ec2, {
          GroupId: state["securityGroupId"] as string,
          SecurityGroupRuleIds: [id],
        }),
      ),
  };
}

function permission(inputs: Properties): {
  IpProtocol: string;
  FromPort: number | undefined;
  ToPort: number | undefined;
  IpRanges: { CidrIp: string; Description?: string }[];
} {
  const description = inputs["description"] as string | undefined;
  return {
    IpProtocol: inputs["ipProtocol"] as string,
    FromPort: inputs["fromPort"] as number | undefined,
    ToPort: inputs["toPort"] as number | undefined,
    IpRanges: [
      {
        CidrIp: inputs["cidrIpv4"] as string,
        ...(description !== undefined && { Description: description }),
      },
    ],
  };
}
