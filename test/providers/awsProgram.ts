import { Volume } from "@pulumi/aws/ebs/volume";
import { AmiFromInstance } from "@pulumi/aws/ec2/amiFromInstance";
import { Instance } from "@pulumi/aws/ec2/instance";
import { KeyPair } from "@pulumi/aws/ec2/keyPair";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup";
import { Tag } from "@pulumi/aws/ec2/tag";
import { VolumeAttachment } from "@pulumi/aws/ec2/volumeAttachment";
import { InstanceProfile } from "@pulumi/aws/iam/instanceProfile";
import { Role } from "@pulumi/aws/iam/role";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule";
import * as pulumi from "@pulumi/pulumi";

import { amis } from "./awsWorld";

export const publicKey =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHJzkA0DmXXGwuHPK0jOZx1ZnKbIx2Wf5Ww8CwUGRxkO";

/** A word of the user data that must not be readable in state. */
export const secretWord = "open-sesame";

const policyDocument = (statement: object): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: [statement] });

/** What a test may want otherwise. */
export interface Wanted {
  readonly keyName: string;
  readonly groupDescription: string;
  readonly tag: string;
  readonly sshCidr: string;
  readonly roleDescription: string;
  readonly action: string;
  readonly instanceType: string;
  readonly rootGiB: number;
  readonly dataGiB: number;
  readonly userData: string;
  readonly hopLimit: number;
  readonly imageName: string;
  readonly snapshotMark: string;
}

export const first: Wanted = {
  keyName: "key-1",
  groupDescription: "workers",
  tag: "one",
  sshCidr: "192.0.2.1/32",
  roleDescription: "publishes",
  action: "s3:PutObject",
  instanceType: "t3.micro",
  rootGiB: 20,
  dataGiB: 3,
  userData: `#!/bin/sh\necho ${secretWord}\n`,
  hopLimit: 1,
  imageName: "image-1",
  snapshotMark: "mine",
};

/** Every type of resource once, joined as the components join them. Outputs by name. */
export function everything(change: Partial<Wanted> = {}) {
  const wanted = { ...first, ...change };
  return async (): Promise<Record<string, unknown>> => {
    const tags = { run: wanted.tag };
    const pair = new KeyPair("pair", { keyName: wanted.keyName, publicKey, tags });
    const group = declareGroup(wanted, tags);
    const profile = declareProfile(wanted, tags);
    const instance = new Instance("instance", {
      ami: amis[0],
      instanceType: wanted.instanceType,
      keyName: pair.keyName,
      vpcSecurityGroupIds: [group.id],
      iamInstanceProfile: profile.name,
      associatePublicIpAddress: true,
      rootBlockDevice: {
        volumeType: "gp3",
        volumeSize: wanted.rootGiB,
        deleteOnTermination: true,
        tags,
      },
      metadataOptions: {
        httpEndpoint: "enabled",
        httpTokens: "required",
        httpPutResponseHopLimit: wanted.hopLimit,
      },
      instanceInitiatedShutdownBehavior: "terminate",
      userData: pulumi.secret(wanted.userData),
      userDataReplaceOnChange: true,
      tags: { Name: "worker", ...tags },
    });
    const image = new AmiFromInstance("image", {
      name: wanted.imageName,
      sourceInstanceId: instance.id,
      snapshotWithoutReboot: false,
      tags,
    });
    new Tag("mark", {
      resourceId: image.rootSnapshotId,
      key: "mark",
      value: wanted.snapshotMark,
    });
    const volume = new Volume("volume", {
      availabilityZone: instance.availabilityZone,
      size: wanted.dataGiB,
      type: "gp3",
      tags,
    });
    const attachment = new VolumeAttachment("attachment", {
      deviceName: "/dev/sdf",
      instanceId: instance.id,
      volumeId: volume.id,
      forceDetach: true,
    });
    return Promise.resolve({
      groupId: group.id,
      instanceId: instance.id,
      publicIp: instance.publicIp,
      zone: instance.availabilityZone,
      rootVolume: instance.rootBlockDevice.volumeId,
      imageId: image.id,
      snapshotId: image.rootSnapshotId,
      volumeId: volume.id,
      attachedVolume: attachment.volumeId,
      profileArn: profile.arn,
    });
  };
}

function declareGroup(wanted: Wanted, tags: Record<string, string>): SecurityGroup {
  const group = new SecurityGroup("group", {
    name: `group-${wanted.groupDescription}`,
    description: wanted.groupDescription,
    tags,
  });
  const rule = { securityGroupId: group.id, ipProtocol: "tcp" };
  new SecurityGroupIngressRule("ingress", {
    ...rule,
    fromPort: 22,
    toPort: 22,
    cidrIpv4: wanted.sshCidr,
  });
  new SecurityGroupEgressRule("egress", {
    ...rule,
    fromPort: 443,
    toPort: 443,
    cidrIpv4: "0.0.0.0/0",
  });
  return group;
}

function declareProfile(wanted: Wanted, tags: Record<string, string>): InstanceProfile {
  const role = new Role("role", {
    name: "role-1",
    path: "/test/",
    description: wanted.roleDescription,
    assumeRolePolicy: policyDocument({
      Effect: "Allow",
      Principal: { Service: "ec2.amazonaws.com" },
      Action: "sts:AssumeRole",
    }),
    tags,
  });
  new RolePolicy("policy", {
    name: "publish",
    role: role.name,
    policy: policyDocument({ Effect: "Allow", Action: wanted.action, Resource: "*" }),
  });
  return new InstanceProfile("profile", {
    name: "profile-1",
    path: "/test/",
    role: role.name,
    tags,
  });
}
