import { Instance } from "@pulumi/aws/ec2/instance";
import * as pulumi from "@pulumi/pulumi";
import { PrivateKey } from "@pulumi/tls/privateKey";

import type { ConnectionArgs } from "./remoteCommands";
import { workerUserData } from "./userData";

export interface WorkerArgs {
  /** A stock AMI of the instance type's architecture; never the baked one, whose disk labels would clash. */
  imageId: pulumi.Input<string>;
  /** User of the image that the key pair logs in as: `ubuntu`, `admin`, `ec2-user`. */
  sshUser: pulumi.Input<string>;
  instanceType: pulumi.Input<string>;
  /** Key pair to log in with. */
  keyName: pulumi.Input<string>;
  /** Private half of that pair, OpenSSH's format; a secret. */
  privateKey: pulumi.Input<string>;
  securityGroupId: pulumi.Input<string>;
  /** Instance profile that may publish. */
  instanceProfile: pulumi.Input<string>;
  /** A subnet with public addresses; by default one of the default VPC. */
  subnetId?: pulumi.Input<string> | undefined;
  /** Size of the root disk, GiB: the system, the raw disk and the box, never the whole source. */
  rootGiB: pulumi.Input<number>;
  /** Hours after which the instance ends itself. */
  lifetimeHours: pulumi.Input<number>;
  /** Whether it is a spot instance: cheaper, and gone when AWS wants it back. */
  spot: pulumi.Input<boolean>;
  /** Tags of instance and root disk; see `ownershipTags`. */
  tags: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** Throughput of the root disk, MiB/s; gp3's base is 125. Within 0.25 MiB/s for each of its 3,000 IOPS. */
const rootThroughput = 500;

/** An EC2 instance that the stages run on. It needs nothing baked, so it boots while the bake goes on. */
export class Worker extends pulumi.ComponentResource {
  /** The instance; commands on it end with it. */
  public readonly instance: Instance;
  public readonly instanceId: pulumi.Output<string>;
  public readonly availabilityZone: pulumi.Output<string>;
  /** How to log in, the host key pinned; a secret. */
  public readonly connection: pulumi.Output<ConnectionArgs>;

  constructor(name: string, args: WorkerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ami2box:index:Worker", name, {}, opts);

    const hostKey = new PrivateKey(`${name}-host-key`, { algorithm: "ED25519" }, { parent: this });
    this.instance = new Instance(
      `${name}-instance`,
      {
        ami: args.imageId,
        instanceType: args.instanceType,
        keyName: args.keyName,
        vpcSecurityGroupIds: [args.securityGroupId],
        iamInstanceProfile: args.instanceProfile,
        ...(args.subnetId !== undefined && { subnetId: args.subnetId }),
        associatePublicIpAddress: true,
        rootBlockDevice: {
          volumeType: "gp3",
          volumeSize: args.rootGiB,
          throughput: rootThroughput,
          deleteOnTermination: true,
          tags: args.tags,
        },
        metadataOptions: {
          httpEndpoint: "enabled",
          httpTokens: "required",
          httpPutResponseHopLimit: 1,
        },
        instanceInitiatedShutdownBehavior: "terminate",
        instanceMarketOptions: pulumi.output(args.spot).apply(spotOptions),
        userData: pulumi.secret(
          pulumi
            .all([hostKey.privateKeyOpenssh, hostKey.publicKeyOpenssh, args.lifetimeHours])
            .apply(([privateKey, publicKey, lifetimeHours]) =>
              workerUserData({
                hostKey: { privateKey, publicKey: publicKey.trim() },
                lifetimeHours,
              }),
            ),
        ),
        userDataReplaceOnChange: true,
        tags: pulumi.output(args.tags).apply((tags) => ({ Name: "ami2box worker", ...tags })),
      },
      {
        parent: this,
        // A newer stock image is no reason to begin again on a worker that stands.
        ignoreChanges: ["ami"],
      },
    );
    this.instanceId = this.instance.id;
    this.availabilityZone = this.instance.availabilityZone;
    this.connection = pulumi.secret(
      pulumi.output({
        host: this.instance.publicIp,
        user: args.sshUser,
        privateKey: args.privateKey,
        hostKey: hostKey.publicKeyOpenssh.apply((line) => line.trim()),
      }),
    );
    this.registerOutputs({
      instanceId: this.instanceId,
      availabilityZone: this.availabilityZone,
      connection: this.connection,
    });
  }
}

type MarketOptions = {
  marketType: string;
  spotOptions: { spotInstanceType: string; instanceInterruptionBehavior: string };
};

/** One-time: a spot request that stood longer than its instance would start another. */
function spotOptions(spot: boolean): MarketOptions | undefined {
  return spot
    ? {
        marketType: "spot",
        spotOptions: { spotInstanceType: "one-time", instanceInterruptionBehavior: "terminate" },
      }
    : undefined;
}
