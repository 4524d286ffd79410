import * as path from "node:path";

import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { cacheFolder } from "../ops/setup/folders";
import { toolBundlePath } from "../ops/toolBundle";
import { ProjectFiles } from "./projectFiles";
import { parseStageResult, shellQuote, stageCommand } from "./stageCommand";
import type { StageRun, StageRunArgs, StageRunner } from "./stageRunner";

export interface LocalWorkerArgs {
  /** The project's folder, where `scripts/` stands and relative paths count from. */
  projectDirectory: string;
  /** The same for all workers of a stack, so that it is read once; by default this one's own. */
  files?: ProjectFiles | undefined;
  /** Folder for the artifacts, made on creation and removed, with all that is in it, on destroy. */
  workDirectory: pulumi.Input<string>;
}

/** This machine as the worker: stages run as `command.local.Command`. */
export class LocalWorker extends pulumi.ComponentResource implements StageRunner {
  public readonly workDirectory: pulumi.Output<string>;
  /** Outside of the work directory, so that the next box is made faster. */
  public readonly packageCache = path.join(cacheFolder(), "debian");
  private readonly files: ProjectFiles;
  private readonly folder: command.local.Command;

  constructor(name: string, args: LocalWorkerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ami2box:index:LocalWorker", name, {}, opts);

    this.files = args.files ?? new ProjectFiles(args.projectDirectory);
    const directory = pulumi.output(args.workDirectory);
    const quoted = directory.apply(shellQuote);
    this.folder = new command.local.Command(
      `${name}-directory`,
      {
        create: pulumi.interpolate`bash scripts/work-directory.sh make ${quoted}`,
        delete: pulumi.interpolate`bash scripts/work-directory.sh remove ${quoted}`,
        triggers: [directory],
        addPreviousOutputInEnv: false,
      },
      { parent: this },
    );
    // Known only once the folder is there, so that nothing uses it before.
    this.workDirectory = pulumi
      .all([directory, this.folder.stdout])
      .apply(([resolved]) => resolved);
    this.registerOutputs({ workDirectory: this.workDirectory });
  }

  /** They are here already. */
  public bringFiles(_name: string, paths: readonly string[]): pulumi.Output<string[]> {
    return pulumi.output([...paths]);
  }

  public runStage(
    name: string,
    { stage, variables }: StageRunArgs,
    opts: pulumi.CustomResourceOptions,
  ): StageRun {
    const tool = stage.tool && toolBundlePath(stage.tool);
    const fixed = { WORK_DIR: this.workDirectory, ...(tool && { TOOL: tool }) };
    const create = pulumi
      .all([fixed, variables])
      .apply(([ours, stagesOwn]) => stageCommand("scripts", stage, { ...ours, ...stagesOwn }));
    const run = new command.local.Command(
      name,
      {
        create,
        triggers: this.files.stageTriggers(stage),
        logging: command.local.Logging.Stderr,
        addPreviousOutputInEnv: false,
      },
      pulumi.mergeOptions(opts, { dependsOn: [this.folder] }),
    );
    return {
      command: run,
      result: run.stdout.apply((stdout) => parseStageResult(stage.name, stdout)),
    };
  }
}
