import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { parsePreparation, type Preparation, type WorkerPurpose } from "./preparation";
import { ProjectFiles } from "./projectFiles";
import { prepareCommand, remoteConnection, type ConnectionArgs } from "./remoteCommands";
import { parseStageResult, shellQuote, stageCommand } from "./stageCommand";
import type { StageRun, StageRunArgs, StageRunner } from "./stageRunner";

export interface RemoteWorkerArgs {
  /** The project's folder, where `scripts/` stands and relative paths count from. */
  projectDirectory: string;
  /** The same for all workers of a stack, so that it is read once; by default this one's own. */
  files?: ProjectFiles | undefined;
  /**
   * How to log in. `hostKey` is required: a machine that cannot prove it is not talked to. Dialing is
   * given up after 60 errors (four to five minutes) of at most 30 seconds each unless it says otherwise.
   */
  connection: pulumi.Input<ConnectionArgs>;
  /** Changes when the machine is another one; everything is then done again there. */
  identity: pulumi.Input<string>;
  /** Folder on the worker for the artifacts, an absolute path; made when it is not there. */
  workDirectory: pulumi.Input<string>;
  /** What the worker is to be able to do, so that only the packages for that are installed. Default: all. */
  purposes?: pulumi.Input<WorkerPurpose[]>;
  /**
   * The resource that is the machine. Everything on it is then taken to end with it: destroy runs no
   * command there. Left out, destroy logs in and removes the work directory.
   */
  instance?: pulumi.Resource;
  /** What must be there before the machine can be reached, such as a rule that lets SSH in. */
  waitFor?: pulumi.Input<pulumi.Input<pulumi.Resource>[]>;
}

/** A machine reached over SSH as the worker: stages run as `command.remote.Command`. */
export class RemoteWorker extends pulumi.ComponentResource implements StageRunner {
  public readonly workDirectory: pulumi.Output<string>;
  /** In the work directory: nothing is to stay on the machine. */
  public readonly packageCache: pulumi.Output<string>;
  /** What was found and installed on the machine. */
  public readonly preparation: pulumi.Output<Preparation>;
  private readonly projectDirectory: string;
  private readonly files: ProjectFiles;
  private readonly connection: pulumi.Output<ConnectionArgs>;
  private readonly identity: pulumi.Input<string>;
  private readonly options: pulumi.CustomResourceOptions;
  private readonly folder: command.remote.Command;
  private readonly prepare: command.remote.Command;

  constructor(name: string, args: RemoteWorkerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ami2box:index:RemoteWorker", name, {}, opts);

    const { instance } = args;
    this.projectDirectory = args.projectDirectory;
    this.files = args.files ?? new ProjectFiles(args.projectDirectory);
    this.connection = remoteConnection(args.connection);
    this.identity = args.identity;
    this.options = instance ? { deletedWith: instance, replaceWith: [instance] } : {};

    const directory = pulumi.output(args.workDirectory).apply((given) => {
      if (path.posix.isAbsolute(given)) return path.posix.normalize(given);
      throw new Error(`workDirectory of ${name} is ${given}, but must be an absolute path`);
    });
    this.folder = this.makeFolder(name, directory, args);
    // Known only once the folder is there, so that nothing uses it before.
    this.workDirectory = pulumi
      .all([directory, this.folder.stdout])
      .apply(([resolved]) => resolved);
    this.packageCache = pulumi.interpolate`${this.workDirectory}/packages`;

    const kit = this.files.workerKit();
    const archive = pulumi.interpolate`${this.workDirectory}/.kit-${kit.sha256.slice(0, 16)}.tar.gz`;
    const copy = new command.remote.CopyToRemote(
      `${name}-kit`,
      {
        connection: this.connection,
        source: new pulumi.asset.FileAsset(path.resolve(args.projectDirectory, kit.path)),
        remotePath: archive,
        triggers: [this.identity, kit.sha256],
      },
      this.optionsFor({ parent: this }),
    );
    this.prepare = new command.remote.Command(
      `${name}-prepare`,
      {
        ...this.commandArgs(),
        create: pulumi
          .all([this.workDirectory, archive, args.purposes ?? []])
          .apply(([work, file, purposes]) => prepareCommand(work, file, purposes)),
        triggers: [this.identity, kit.sha256],
      },
      this.optionsFor({ parent: this, dependsOn: [copy] }),
    );
    this.preparation = this.prepare.stdout.apply(parsePreparation);
    this.registerOutputs({ workDirectory: this.workDirectory, preparation: this.preparation });
  }

  public bringFiles(
    name: string,
    paths: readonly string[],
    opts: pulumi.CustomResourceOptions,
  ): pulumi.Output<string[]> {
    return pulumi.all(
      paths.map((file, index) => {
        // A folder for each, so that two of the same name stay apart and both keep it.
        const folder = createHash("sha256").update(file).digest("hex").slice(0, 8);
        const copy = new command.remote.CopyToRemote(
          `${name}-${index}`,
          {
            connection: this.connection,
            source: new pulumi.asset.FileAsset(path.resolve(this.projectDirectory, file)),
            remotePath: pulumi.interpolate`${this.workDirectory}/files/${folder}/${path.basename(file)}`,
            triggers: [this.identity],
          },
          this.optionsFor(pulumi.mergeOptions({ parent: this }, opts)),
        );
        return copy.remotePath;
      }),
    );
  }

  public runStage(
    name: string,
    { stage, variables }: StageRunArgs,
    opts: pulumi.CustomResourceOptions,
  ): StageRun {
    const kit = pulumi.interpolate`${this.workDirectory}/kit`;
    const fixed = {
      WORK_DIR: this.workDirectory,
      ...(stage.tool && { TOOL: pulumi.interpolate`${kit}/tools/${stage.tool}.js` }),
    };
    const run = new command.remote.Command(
      name,
      {
        ...this.commandArgs(),
        create: pulumi
          .all([kit, fixed, variables])
          .apply(([at, ours, own]) => stageCommand(`${at}/scripts`, stage, { ...ours, ...own })),
        triggers: [this.identity, ...this.files.stageTriggers(stage)],
      },
      this.optionsFor(pulumi.mergeOptions(opts, { dependsOn: [this.prepare] })),
    );
    return {
      command: run,
      result: run.stdout.apply((stdout) => parseStageResult(stage.name, stdout)),
    };
  }

  /** The script that makes the folder is not on the worker yet: it goes there through the command's stdin. */
  private makeFolder(
    name: string,
    directory: pulumi.Output<string>,
    args: RemoteWorkerArgs,
  ): command.remote.Command {
    const quoted = directory.apply(shellQuote);
    const script = path.join(args.projectDirectory, "scripts", "work-directory.sh");
    return new command.remote.Command(
      `${name}-directory`,
      {
        ...this.commandArgs(),
        create: pulumi.interpolate`bash -s -- make ${quoted}`,
        ...(!args.instance && { delete: pulumi.interpolate`bash -s -- remove ${quoted}` }),
        stdin: fs.readFileSync(script, "utf8"),
        triggers: [this.identity, directory],
      },
      this.optionsFor({
        parent: this,
        ...(args.waitFor !== undefined && { dependsOn: args.waitFor }),
      }),
    );
  }

  private commandArgs(): Omit<command.remote.CommandArgs, "create"> {
    return {
      connection: this.connection,
      logging: command.remote.Logging.Stderr,
      addPreviousOutputInEnv: false,
    };
  }

  private optionsFor(opts: pulumi.CustomResourceOptions): pulumi.CustomResourceOptions {
    return pulumi.mergeOptions(opts, this.options);
  }
}
