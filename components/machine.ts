import type { Instance, InstanceArgs } from "@pulumi/aws/ec2/instance";
import * as pulumi from "@pulumi/pulumi";
import { PrivateKey } from "@pulumi/tls/privateKey";

import type { ConnectionArgs } from "./remoteCommands";
import type { MachineUserData } from "./userData";

/** What every machine of ours in EC2 is started with, the builder and the worker. */
export interface MachineArgs {
  /** User of the image that the key pair logs in as: `ubuntu`, `admin`, `ec2-user`. */
  sshUser: pulumi.Input<string>;
  instanceType: pulumi.Input<string>;
  /** Key pair to log in with. */
  keyName: pulumi.Input<string>;
  /** Private half of that pair, OpenSSH's format; a secret. */
  privateKey: pulumi.Input<string>;
  securityGroupId: pulumi.Input<string>;
  /** A subnet with public addresses; by default one of the default VPC. */
  subnetId?: pulumi.Input<string> | undefined;
  /** Hours after which the machine ends itself. */
  lifetimeHours: pulumi.Input<number>;
  /** Tags of machine and root disk; see `ownershipTags`. */
  tags: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** The key a machine proves itself with, made here so that nobody has to trust its first answer. */
export function machineHostKey(name: string, parent: pulumi.Resource): PrivateKey {
  return new PrivateKey(`${name}-host-key`, { algorithm: "ED25519" }, { parent });
}

/** What makes a machine the builder or the worker. */
export interface MachineRole {
  /** Such as `worker`; its name in AWS's console. */
  readonly name: string;
  readonly hostKey: PrivateKey;
  readonly userData: (data: MachineUserData) => string;
  /** What the root disk has besides being gp3 and going with the machine. */
  readonly rootDisk: {
    readonly volumeSize?: pulumi.Input<number>;
    readonly throughput?: pulumi.Input<number>;
  };
}

/**
 * The inputs that builder and worker share. Instance metadata is to be asked with a token, from the machine
 * itself.
 */
export function machineInputs(
  args: MachineArgs,
  { name, hostKey, userData, rootDisk }: MachineRole,
): Omit<InstanceArgs, "ami" | "instanceInitiatedShutdownBehavior"> {
  return {
    instanceType: args.instanceType,
    keyName: args.keyName,
    vpcSecurityGroupIds: [args.securityGroupId],
    ...(args.subnetId !== undefined && { subnetId: args.subnetId }),
    associatePublicIpAddress: true,
    rootBlockDevice: {
      volumeType: "gp3",
      ...rootDisk,
      deleteOnTermination: true,
      tags: args.tags,
    },
    metadataOptions: {
      httpEndpoint: "enabled",
      httpTokens: "required",
      httpPutResponseHopLimit: 1,
    },
    userData: pulumi.secret(
      pulumi
        .all([hostKey.privateKeyOpenssh, hostKey.publicKeyOpenssh, args.lifetimeHours])
        .apply(([privateKey, publicKey, lifetimeHours]) =>
          userData({ hostKey: { privateKey, publicKey: publicKey.trim() }, lifetimeHours }),
        ),
    ),
    tags: pulumi.output(args.tags).apply((tags) => ({ Name: `ami2box ${name}`, ...tags })),
  };
}

/** How to log in to a machine, its host key pinned; a secret. */
export function machineConnection(
  machine: Instance,
  args: MachineArgs,
  hostKey: PrivateKey,
): pulumi.Output<ConnectionArgs> {
  return pulumi.secret(
    pulumi.output({
      host: machine.publicIp,
      user: args.sshUser,
      privateKey: args.privateKey,
      hostKey: hostKey.publicKeyOpenssh.apply((line) => line.trim()),
    }),
  );
}
