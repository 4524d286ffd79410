import { Instance } from "@pulumi/aws/ec2/instance";
import * as pulumi from "@pulumi/pulumi";

import { workerRootMiBps } from "../ops/cost/awsResources";
import { machineConnection, machineHostKey, machineInputs, type MachineArgs } from "./machine";
import type { ConnectionArgs } from "./remoteCommands";
import { workerUserData } from "./userData";

export interface WorkerArgs extends MachineArgs {
  /** A stock AMI of the instance type's architecture; never the baked one, whose disk labels would clash. */
  imageId: pulumi.Input<string>;
  /** Instance profile that may publish. */
  instanceProfile: pulumi.Input<string>;
  /** Size of the root disk, GiB: the system, the raw disk and the box, never the whole source. */
  rootGiB: pulumi.Input<number>;
  /** Whether it is a spot instance: cheaper, and gone when AWS wants it back. */
  spot: pulumi.Input<boolean>;
}

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

    const hostKey = machineHostKey(name, this);
    this.instance = new Instance(
      `${name}-instance`,
      {
        ...machineInputs(args, {
          name: "worker",
          hostKey,
          userData: workerUserData,
          rootDisk: { volumeSize: args.rootGiB, throughput: workerRootMiBps },
        }),
        ami: args.imageId,
        iamInstanceProfile: args.instanceProfile,
        instanceInitiatedShutdownBehavior: "terminate",
        instanceMarketOptions: pulumi.output(args.spot).apply(spotOptions),
        userDataReplaceOnChange: true,
      },
      {
        parent: this,
        // A newer stock image is no reason to begin again on a worker that stands.
        ignoreChanges: ["ami"],
      },
    );
    this.instanceId = this.instance.id;
    this.availabilityZone = this.instance.availabilityZone;
    this.connection = machineConnection(this.instance, args, hostKey);
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
