import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule";
import * as pulumi from "@pulumi/pulumi";
import { RandomId } from "@pulumi/random/randomId";

export interface WorkerSecurityGroupArgs {
  /** Addresses that may log in over SSH, an IPv4 CIDR such as `192.0.2.7/32`. */
  sshCidr: pulumi.Input<string>;
  /** The VPC of the machines; by default the region's default VPC. */
  vpcId?: pulumi.Input<string> | undefined;
  /** Tags of the group; see `ownershipTags`. */
  tags: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * What a machine of ours may be asked and may ask. DNS, time and instance metadata come from the VPC
 * itself, which no security group filters; archives and S3 need HTTP and HTTPS.
 */
const egressPorts = { http: 80, https: 443 } as const;

/** A group that lets SSH in from one place and the web out. */
export class WorkerSecurityGroup extends pulumi.ComponentResource {
  public readonly groupId: pulumi.Output<string>;
  /** The rules: a machine can be reached once they are there, and after a change of address again. */
  public readonly rules: readonly pulumi.Resource[];

  constructor(name: string, args: WorkerSecurityGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ami2box:index:WorkerSecurityGroup", name, {}, opts);

    const parent: pulumi.CustomResourceOptions = { parent: this };
    const suffix = new RandomId(`${name}-suffix`, { byteLength: 4 }, parent);
    const group = new SecurityGroup(
      `${name}-group`,
      {
        name: pulumi.interpolate`ami2box-${suffix.hex}`,
        description: "Workers of ami2box: SSH from one place in, the web out",
        ...(args.vpcId !== undefined && { vpcId: args.vpcId }),
        tags: args.tags,
      },
      parent,
    );
    const ingress = new SecurityGroupIngressRule(
      `${name}-ssh`,
      {
        securityGroupId: group.id,
        ipProtocol: "tcp",
        fromPort: 22,
        toPort: 22,
        cidrIpv4: args.sshCidr,
      },
      parent,
    );
    const egress = Object.entries(egressPorts).map(
      ([service, port]) =>
        new SecurityGroupEgressRule(
          `${name}-${service}`,
          {
            securityGroupId: group.id,
            ipProtocol: "tcp",
            fromPort: port,
            toPort: port,
            cidrIpv4: "0.0.0.0/0",
          },
          parent,
        ),
    );
    this.groupId = group.id;
    this.rules = [ingress, ...egress];
    this.registerOutputs({ groupId: this.groupId });
  }
}
