import * as pulumi from "@pulumi/pulumi";

import { publishVariables, type PublishTarget } from "./publishTarget";
import type { Source } from "./source";
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
  /** What the box is made from, if it is there already; left out, it is a Debian that is made later. */
  source?: Pick<Source, "variables" | "digest">;
}

/** Looks at all that could make the chain fail late, before any of it runs. */
export class Preflight extends pulumi.ComponentResource {
  /** What the stage found, each check a row. */
  public readonly result: pulumi.Output<StageResult>;

  constructor(name: string, args: PreflightArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ami2box:index:Preflight", name, {}, opts);

    const { source } = args;
    const own: Record<string, pulumi.Input<string>> = {
      BOX_NAME: args.boxName,
      BOX_VERSION: args.boxVersion,
      RECIPE: args.recipe,
      BOXES: JSON.stringify(args.boxes),
      ...publishVariables(args.publish),
      DISK_BYTES: pulumi.output(args.diskBytes).apply(String),
      FIRMWARE: args.firmware,
      SKIP_FIXES: pulumi.output(args.skipFixes).apply((names) => names.join(" ")),
      ...(source ? { SOURCE_DIGEST: source.digest } : { SOURCE_TYPE: "debian" }),
    };
    this.result = args.worker.runStage(
      `${name}-checks`,
      {
        stage: stages.preflight,
        variables: pulumi
          .all([pulumi.all(own), source?.variables ?? {}])
          .apply(([ours, opening]) => ({ ...ours, ...opening })),
      },
      { parent: this },
    ).result;
    this.registerOutputs({ result: this.result });
  }
}
