import * as pulumi from "@pulumi/pulumi";

import type { Source } from "./source";
import type { StageResult } from "./stageRunner";

export interface VolumeSourceArgs {
  /** Id of the EBS volume that is attached to the worker, or will be within a minute of the first stage. */
  volumeId: pulumi.Input<string>;
  /** Name that the attachment asked for, such as `/dev/sdf`; Xen machines find the volume by it. */
  device?: pulumi.Input<string>;
  /** Changes when the content does, such as the id of the snapshot that the volume was made from. */
  fingerprint: pulumi.Input<string>;
}

/** An EBS volume attached to the worker; it is only ever read. */
export class VolumeSource extends pulumi.ComponentResource implements Source {
  public readonly variables: pulumi.Output<Record<string, string>>;
  public readonly digest: pulumi.Output<string>;
  public readonly results: readonly pulumi.Output<StageResult>[] = [];

  constructor(name: string, args: VolumeSourceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ami2box:index:VolumeSource", name, {}, opts);

    this.variables = pulumi
      .all([args.volumeId, args.device ?? ""])
      .apply(([id, device]): Record<string, string> => ({
        SOURCE_TYPE: "volume",
        VOLUME_ID: id,
        ...(device && { VOLUME_DEVICE: device }),
      }));
    this.digest = pulumi.output(args.fingerprint);
    this.registerOutputs({ variables: this.variables, digest: this.digest });
  }
}
