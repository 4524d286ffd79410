import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupRulesCommand,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type AuthorizeSecurityGroupIngressCommandInput,
  type EC2Client,
  type IpPermission,
  type SecurityGroupRule,
  type SecurityGroupRuleRequest,
} from "@aws-sdk/client-ec2";
import type { ResourceType } from "../lib/standIn";
import type { Properties } from "../lib/wireValues";
import type { Clients } from "./clients";
import { forgivingAbsence, isNotFound, whileDoing } from "./errors";
import { readTags, tagOutputs, tagSpecification, updateTags } from "./tags";

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

/** `aws.vpc.SecurityGroupIngressRule` and `SecurityGroupEgressRule`, for IPv4 blocks. */
export function securityGroupRule(
  clients: Clients,
  direction: keyof typeof directions,
): ResourceType {
  const { authorize, revoke } = directions[direction];
  return {
    inputs: {
      securityGroupId: { kind: "string", required: true, replaces: true },
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
      const rule = await describe(clients, id);
      return rule === undefined ? "gone" : { ...ruleInputs(rule), ...readTags(rule.Tags) };
    },
    update: async (state, inputs, { id }) => {
      const changed = ["ipProtocol", "fromPort", "toPort", "cidrIpv4", "description"].some(
        (key) => state[key] !== inputs[key],
      );
      if (changed) {
        await clients.ec2
          .send(
            new ModifySecurityGroupRulesCommand({
              GroupId: inputs["securityGroupId"] as string,
              SecurityGroupRules: [
                { SecurityGroupRuleId: id, SecurityGroupRule: ruleRequest(inputs) },
              ],
            }),
          )
          .catch((error: unknown) => {
            throw whileDoing(`updating VPC Security Group Rule (${id})`, error);
          });
      }
      await updateTags(clients.ec2, id, state["tags"], inputs["tags"]);
      return { securityGroupRuleId: id, ...tagOutputs(inputs) };
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

async function describe({ ec2 }: Clients, id: string): Promise<SecurityGroupRule | undefined> {
  try {
    const { SecurityGroupRules } = await ec2.send(
      new DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [id] }),
    );
    return SecurityGroupRules?.[0];
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The inputs as the rule has them; a protocol without ports has -1 for both. */
function ruleInputs(rule: SecurityGroupRule): Properties {
  const port = (value: number | undefined): number | undefined =>
    value === -1 ? undefined : value;
  return {
    ipProtocol: rule.IpProtocol,
    fromPort: port(rule.FromPort),
    toPort: port(rule.ToPort),
    cidrIpv4: rule.CidrIpv4,
    description: rule.Description === "" ? undefined : rule.Description,
  };
}

function ruleRequest(inputs: Properties): SecurityGroupRuleRequest {
  return {
    IpProtocol: inputs["ipProtocol"] as string,
    FromPort: inputs["fromPort"] as number | undefined,
    ToPort: inputs["toPort"] as number | undefined,
    CidrIpv4: inputs["cidrIpv4"] as string,
    Description: inputs["description"] as string | undefined,
  };
}

function permission(inputs: Properties): IpPermission {
  const { IpProtocol, FromPort, ToPort, CidrIpv4, Description } = ruleRequest(inputs);
  return {
    IpProtocol,
    FromPort,
    ToPort,
    IpRanges: [{ CidrIp: CidrIpv4, ...(Description !== undefined && { Description }) }],
  };
}
