import * as pulumi from "@pulumi/pulumi";

import type { BoxArchitecture } from "../formats/box/texts";
import { folderFor } from "./architecture";
import type { Source } from "./source";
import { stages } from "./stages";
import type { StageResult, StageRunner } from "./stageRunner";

export interface DebianSourceArgs {
  worker: StageRunner;
  /** Processor of the system; another than the worker's is emulated. */
  architecture: BoxArchitecture;
  /** Code name of the suite, such as `bookworm`. */
  suite: pulumi.Input<string>;
  /** Archive of the packages. */
  mirror: pulumi.Input<string>;
  /** Archive of the security updates. */
  securityMirror: pulumi.Input<string>;
  /** Packages besides those every box has. */
  packages: pulumi.Input<string[]>;
  /** When the archive last changed; a newer one is installed afresh. Seconds since 1970. */
  epoch: pulumi.Input<number>;
  /** Folder on the worker where downloaded packages are kept. */
  cacheDirectory: pulumi.Input<string>;
}

/** A Debian installed from packages on the worker. */
export class DebianSource extends pulumi.ComponentResource implements Source {
  public readonly variables: pulumi.Output<Record<string, string>>;
  public readonly digest: pulumi.Output<string>;
  public readonly results: readonly pulumi.Output<StageResult>[];

  constructor(name: string, args: DebianSourceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ami2box:index:DebianSource", name, {}, opts);

    const epoch = pulumi.output(args.epoch).apply(String);
    const { result } = args.worker.runStage(
      `${name}-bootstrap`,
      {
        stage: stages.bootstrap,
        variables: {
          WORK_DIR: folderFor(args.worker, args.architecture),
          ARCHITECTURE: args.architecture,
          SUITE: args.suite,
          MIRROR: args.mirror,
          SECURITY_MIRROR: args.securityMirror,
          EPOCH: epoch,
          PACKAGES: pulumi.output(args.packages).apply((packages) => packages.join(" ")),
          CACHE_DIR: args.cacheDirectory,
        },
      },
      { parent: this },
    );
    this.variables = pulumi
      .all([result, epoch])
      .apply(([{ path }, EPOCH]): Record<string, string> => ({
        SOURCE_TYPE: "debian",
        SOURCE_TREE: path,
        EPOCH,
      }));
    this.digest = result.apply(({ sha256 }) => sha256);
    this.results = [result];
    this.registerOutputs({ variables: this.variables, digest: this.digest });
  }
}
