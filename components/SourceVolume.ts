import { Volume } from "@pulumi/aws/ebs/volume";
import { VolumeAttachment } from "@pulumi/aws/ec2/volumeAttachment";
import * as pulumi from "@pulumi/pulumi";

import type { Source } from "./source";
import type { StageResult } from "./stageRunner";

export interface SourceVolumeArgs {
  /** Snapshot that the box is made from. */
  snapshotId: pulumi.Input<string>;
  /** Instance that reads it. */
  instanceId: pulumi.Input<string>;
  /** The instance's availability zone. */
  availabilityZone: pulumi.Input<string>;
  /**
   * MiB/s at which AWS fetches the snapshot's blocks, 100 to 300, for a price; left out, each block is
   * fetched when it is first read.
   */
  volumeInitializationRate?: pulumi.Input<number> | undefined;
  /** Tags of the volume; see `ownershipTags`. */
  tags: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * The device name asked for. Nitro instances give the disk another one, so it is found by the volume's id.
 */
const deviceName = "/dev/sdf";

/**
 * A snapshot as a second disk of the worker, only ever read. A volume of its own, not one of the instance's
 * mappings: the instance need not wait for the snapshot.
 */
export class SourceVolume extends pulumi.ComponentResource implements Source {
  public readonly variables: pulumi.Output<Record<string, string>>;
  public readonly digest: pulumi.Output<string>;
  public readonly results: readonly pulumi.Output<StageResult>[] = [];

  constructor(name: string, args: SourceVolumeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ami2box:index:SourceVolume", name, {}, opts);

    const volume = new Volume(
      `${name}-volume`,
      {
        availabilityZone: args.availabilityZone,
        snapshotId: args.snapshotId,
        type: "gp3",
        ...(args.volumeInitializationRate !== undefined && {
          volumeInitializationRate: args.volumeInitializationRate,
        }),
        tags: args.tags,
      },
      { parent: this },
    );
    const attachment = new VolumeAttachment(
      `${name}-attachment`,
      {
        deviceName,
        instanceId: args.instanceId,
        volumeId: volume.id,
        // Nothing is ever written to it, so that a stage that hangs on it cannot keep destroy from its work.
        forceDetach: true,
      },
      { parent: this },
    );
    this.variables = attachment.volumeId.apply((VOLUME_ID): Record<string, string> => ({
      SOURCE_TYPE: "volume",
      VOLUME_ID,
      VOLUME_DEVICE: deviceName,
    }));
    this.digest = pulumi.output(args.snapshotId);
    this.registerOutputs({ variables: this.variables, digest: this.digest });
  }
}
