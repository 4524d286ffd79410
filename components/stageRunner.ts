import type * as pulumi from "@pulumi/pulumi";

import type { Stage } from "./stages";

/** What a stage prints when it is done: the facts its successor and the report are fed with. */
export interface StageResult {
  readonly stage: string;
  readonly seconds: number;
  /** The artifact, as a path on the worker. */
  readonly path: string;
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** Digest of the artifact: the same bytes give the same digest. */
  readonly sha256: string;
  readonly [fact: string]: unknown;
}

/** One stage as it runs on a worker. */
export interface StageRun {
  /** The resource that stands for the run. */
  readonly command: pulumi.Resource;
  /** What the stage printed. */
  readonly result: pulumi.Output<StageResult>;
}

/** What a stage is run with. */
export interface StageRunArgs {
  readonly stage: Stage;
  /** The stage's variables; they stand in its command line, so none may be a secret. */
  readonly variables: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** A machine that stages run on: this one, one reached over SSH, or one in a cloud. */
export interface StageRunner {
  /** Folder on the worker where artifacts stand. */
  readonly workDirectory: pulumi.Output<string>;
  /** Folder on the worker where packages are kept that may be needed again; made when it is not there. */
  readonly packageCache: pulumi.Input<string>;
  /**
   * Brings files that are here to the worker.
   *
   * @param paths as they stand in the settings; a relative one counts from the project folder
   * @returns their paths on the worker, in the same order, known once the files are there
   */
  bringFiles(
    name: string,
    paths: readonly string[],
    opts: pulumi.CustomResourceOptions,
  ): pulumi.Output<string[]>;
  /** Runs a stage; its artifact is there when `result` is. */
  runStage(name: string, args: StageRunArgs, opts: pulumi.CustomResourceOptions): StageRun;
}
