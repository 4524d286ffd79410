/**
 * A STAND-IN for the official Pulumi plugin `aws`, for machines that cannot download it: the resource types this
 * project declares, on the AWS SDK. Same inputs, same life cycle, same waiting and retrying, same answer to a change
 * (in place or by replacement). It differs in these ways:
 *
 * - It has no other types, no functions, and of each type and block the inputs that are used here; it refuses others.
 * - Of the provider's configuration it takes `region` alone; credentials and endpoint come from the environment.
 * - It asks AWS for less: what the official plugin reads for outputs that are missing here is not read.
 * - A refresh sees no change of an instance's user data or shutdown behaviour.
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

// The SDK's version is pinned: what later ones will require need not be said in every run.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

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
