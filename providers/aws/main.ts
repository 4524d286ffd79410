/**
 * A STAND-IN for the official Pulumi plugin `aws`, for machines that cannot download it: the resource types this
 * project declares, on the AWS SDK. Same inputs, same life cycle, same waiting and retrying, where the project
 * relies on it. It differs in these ways:
 *
 * - It has no other types, no functions, and of each type the inputs that are used here.
 * - Of the provider's configuration it takes `region` alone; credentials and endpoint come from the environment.
 * - Changes of an instance's type, profile, user data or shutdown behaviour, of a volume, and of a security group's rule
 *   replace; the official plugin makes some of them in place.
 * - Blocks such as `rootBlockDevice` hold what was given, without what AWS filled in.
 * - Existing resources cannot be imported, and `customTimeouts` are not seen: the default limits hold.
 */
import { serve } from "../lib/standIn";
import { amiFromInstance } from "./amiFromInstance";
import { Clients } from "./clients";
import { instanceProfile, role, rolePolicy } from "./iam";
import { instance } from "./instance";
import { keyPair } from "./keyPair";
import { securityGroup } from "./securityGroup";
import { securityGroupRule } from "./securityGroupRules";
import { tag } from "./tag";
import { volume, volumeAttachment } from "./volumes";

const clients = new Clients();

void serve({
  configure: (config) => clients.configure(config),
  resources: {
    "aws:ebs/volume:Volume": volume(clients),
    "aws:ec2/amiFromInstance:AmiFromInstance": amiFromInstance(clients),
    "aws:ec2/instance:Instance": instance(clients),
    "aws:ec2/keyPair:KeyPair": keyPair(clients),
    "aws:ec2/securityGroup:SecurityGroup": securityGroup(clients),
    "aws:ec2/tag:Tag": tag(clients),
    "aws:ec2/volumeAttachment:VolumeAttachment": volumeAttachment(clients),
    "aws:iam/instanceProfile:InstanceProfile": instanceProfile(clients),
    "aws:iam/role:Role": role(clients),
    "aws:iam/rolePolicy:RolePolicy": rolePolicy(clients),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": securityGroupRule(clients, "egress"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": securityGroupRule(
      clients,
      "ingress",
    ),
  },
  cancel: () => Promise.resolve(),
});
