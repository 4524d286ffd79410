import * as pulumi from "@pulumi/pulumi";

import type { BoxArchitecture } from "../formats/box/texts";
import type { CostFacts } from "../ops/cost/reportedCost";
import { nameFor } from "./architecture";
import { BoxBuild, type BoxBuildArgs, type BuiltBox } from "./BoxBuild";
import { presentationVariables, publishVariables, type PublishTarget } from "./publishTarget";
import type { Source } from "./source";
import { stages } from "./stages";
import type { StageResult } from "./stageRunner";

/** What the boxes of one architecture are made from. */
export interface ArchitectureSource {
  readonly architecture: BoxArchitecture;
  readonly source: Source;
}

export interface BoxPipelineArgs extends Omit<BoxBuildArgs, "source" | "architecture"> {
  /** A source for each architecture; the report is about the boxes of the first. */
  sources: readonly [ArchitectureSource, ...ArchitectureSource[]];
  /** What the preflight found, for the report. */
  preflight: pulumi.Input<StageResult>;
  /** Where the boxes are published. */
  publish: PublishTarget;
  /** What is known of the build's cost, for the report; left out where it has none. */
  cost?: pulumi.Input<CostFacts> | undefined;
}

/**
 * The boxes of one version: a chain for each architecture, one after the other, and one publication when
 * all of their boxes are there.
 */
export class BoxPipeline extends pulumi.ComponentResource {
  /** URL of the first box. */
  public readonly boxUrl: pulumi.Output<string>;
  /** URL of the catalog, which `vagrant box add` takes. */
  public readonly catalogUrl: pulumi.Output<string>;
  /** SHA-256 of the first box. */
  public readonly boxSha256: pulumi.Output<string>;
  public readonly boxVersion: pulumi.Output<string>;
  /** URL of the report for people. */
  public readonly reportUrl: pulumi.Output<string>;

  constructor(name: string, args: BoxPipelineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ami2box:index:BoxPipeline", name, {}, opts);

    const { worker, box } = args;
    const builds: BoxBuild[] = [];
    for (const { architecture, source } of args.sources) {
      // Two chains at once would take each other's processors, and the time limit of a boot.
      const dependsOn = builds.slice(-1);
      builds.push(
        new BoxBuild(
          nameFor(name, architecture),
          { ...args, architecture, source },
          { parent: this, dependsOn },
        ),
      );
    }
    const boxes = builds.flatMap((build) => build.boxes);
    const [first, firstBuild] = [boxes[0]!, builds[0]!];

    const published = worker.runStage(
      `${name}-publish`,
      {
        stage: stages.publish,
        variables: {
          BOXES: pulumi.jsonStringify(
            boxes.map(({ provider, architecture, packed }) => ({
              file: packed.apply(({ path }) => path),
              sha256: packed.apply(({ sha256 }) => sha256),
              provider,
              architecture,
            })),
          ),
          BOX_NAME: box.name,
          BOX_VERSION: box.version,
          DESCRIPTION: box.description,
          ...publishVariables(args.publish),
          ...presentationVariables(args.publish),
          PROOF_DIR: first.proof
            ? pulumi.all([first.proofFolder, first.proof]).apply(([folder]) => folder)
            : "",
          PACKAGES_FILE: firstBuild.packagesFile,
          ...(args.cost !== undefined && { COST: pulumi.jsonStringify(args.cost) }),
          PROVENANCE: pulumi.jsonStringify(args.provenance),
          STAGES: pulumi.jsonStringify([
            args.preflight,
            ...builds.flatMap(({ results, architecture, boxes: made }) => [
              ...results.map((result) => labelled(result, architecture)),
              ...made.flatMap(resultsOf),
            ]),
          ]),
        },
      },
      { parent: this },
    ).result;

    this.boxUrl = published.apply((result) => String(result["boxUrl"]));
    this.catalogUrl = published.apply((result) => String(result["catalogUrl"]));
    this.reportUrl = published.apply((result) => String(result["reportUrl"]));
    this.boxSha256 = first.packed.apply(({ sha256 }) => sha256);
    this.boxVersion = pulumi.all([box.version, published]).apply(([version]) => version);
    this.registerOutputs({
      boxUrl: this.boxUrl,
      catalogUrl: this.catalogUrl,
      reportUrl: this.reportUrl,
      boxSha256: this.boxSha256,
      boxVersion: this.boxVersion,
    });
  }
}

/** What packing and booting a box printed, with the box that it is about. */
function resultsOf({ provider, architecture, packed, proof }: BuiltBox): pulumi.Output<object>[] {
  return [packed, ...(proof ? [proof] : [])].map((result) =>
    labelled(result, `${provider}-${architecture}`),
  );
}

/** A result with what it is about, which a version with several boxes needs. */
function labelled(result: pulumi.Output<StageResult>, of: string): pulumi.Output<object> {
  return result.apply((facts): object => ({ ...facts, of }));
}
