import * as pulumi from "@pulumi/pulumi";

import type { ImageFormat } from "../settings/imageFormat";
import { publishVariables, type PublishTarget } from "./publishTarget";
import { stages } from "./stages";
import type { StageResult, StageRunner } from "./stageRunner";

export interface PreflightArgs {
  worker: StageRunner;
  boxName: pulumi.Input<string>;
  boxVersion: pulumi.Input<string>;
  /** Digest of what the box is made from; tells a version made before from one of something else. */
  recipe: pulumi.Input<string>;
  /** The boxes that the version is to have. */
  boxes: readonly { readonly provider: string; readonly architecture: string }[];
  /** Where the boxes are published. */
  publish: PublishTarget;
  /** Size of the virtual disk, bytes. */
  diskBytes: pulumi.Input<number>;
  firmware: pulumi.Input<"bios" | "efi" | "both">;
  /** Names of the fixes that are left out. */
  skipFixes: pulumi.Input<string[]>;
  /** The image the box is made from, if it is made from one. */
  image?: {
    /** Path on the worker. */
    path: pulumi.Input<string>;
    format: pulumi.Input<ImageFormat>;
    /** Changes when the file does. */
    fingerprint: pulumi.Input<string>;
  };
}

/** Looks at all that could make the chain fail late, before any of it runs. */
export class Preflight extends pulumi.ComponentResource {
  /** What the stage found, each check a row. */
  public readonly result: pulumi.Output<StageResult>;

  constructor(name: string, args: PreflightArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ami2box:index:Preflight", name, {}, opts);

    this.result = args.worker.runStage(
      `${name}-checks`,
      {
        stage: stages.preflight,
        variables: {
          BOX_NAME: args.boxName,
          BOX_VERSION: args.boxVersion,
          RECIPE: args.recipe,
          BOXES: JSON.stringify(args.boxes),
          ...publishVariables(args.publish),
          DISK_BYTES: pulumi.output(args.diskBytes).apply(String),
          FIRMWARE: args.firmware,
          SKIP_FIXES: pulumi.output(args.skipFixes).apply((names) => names.join(" ")),
          SOURCE_TYPE: args.image ? "image" : "debian",
          ...(args.image && {
            IMAGE: args.image.path,
            IMAGE_FORMAT: args.image.format,
            SOURCE_DIGEST: args.image.fingerprint,
          }),
        },
      },
      { parent: this },
    ).result;
    this.registerOutputs({ result: this.result });
  }
}
