import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

import { stages, toolEntryPoints, type StageName } from "../../components/stages";
import { parseStageResult } from "../../components/stageCommand";
import type { StageResult } from "../../components/stageRunner";
import { bundleTool } from "../../ops/toolBundle";
import { projectDirectory } from "../support/stageRun";

type Variables = Readonly<Record<string, string>>;

/** What a source is opened by: `SOURCE_TYPE` and the variables that go with it. */
export type SourceVariables = Variables;

/** How much of the boot proof is gone through. */
export type Proof = "two clones" | "one guest";

/** The dates of all files of the boxes made here. */
export const epoch = "1700000000";

/** The real stages of one box, run one after another as the worker runs them, without the engine. */
export class Chain {
  constructor(
    /** Folder of the artifacts; it must be removed by its maker. */
    readonly workDirectory: string,
    private readonly source: SourceVariables,
  ) {}

  path(...parts: string[]): string {
    return path.join(this.workDirectory, ...parts);
  }

  /**
   * Runs a stage to its end.
   *
   * @throws Error with what the stage said, and where its log and evidence are
   */
  run(name: StageName, variables: Variables): StageResult {
    const stage = stages[name];
    const tool =
      stage.tool && bundleTool(projectDirectory, stage.tool, toolEntryPoints[stage.tool]).path;
    const { status, stdout, stderr } = spawnSync(
      "bash",
      ["scripts/run-stage.sh", name, String(stage.timeLimitSeconds)],
      {
        cwd: projectDirectory,
        encoding: "utf8",
        env: {
          PATH: process.env["PATH"],
          HOME: process.env["HOME"],
          WORK_DIR: this.workDirectory,
          ...(tool && { TOOL: tool }),
          ...variables,
        },
      },
    );
    if (status !== 0) {
      throw new Error(
        `${name} ended with status ${String(status)}; what there is of it stays in ${this.workDirectory}:\n${stderr}`,
      );
    }
    return parseStageResult(name, stdout);
  }

  preflight(variables: Variables = {}): StageResult {
    return this.run("preflight", {
      PUBLISH_DIR: this.path("out"),
      BOXES: '[{"provider":"virtualbox","architecture":"amd64"}]',
      BOX_NAME: "fixture",
      BOX_VERSION: "1.0.0",
      RECIPE: "-",
      DISK_BYTES: String(8 * 2 ** 30),
      ...this.source,
      ...variables,
    });
  }

  /** Goes from the source to the box, and gives what each stage told. */
  makeBox(variables: Variables = {}): {
    readonly provision: StageResult;
    readonly disk: StageResult;
  } {
    const provision = this.run("provision", {
      GUEST_ADDITIONS: "auto",
      USER_SCRIPTS: "",
      ...this.source,
      ...variables,
    });
    const disk = this.run("raw-disk", {
      PROVISIONED: provision.path,
      EPOCH: String(provision["epoch"]),
      DISK_BYTES: String(8 * 2 ** 30),
      FS_UUID: "5a3d0c2e-7b41-4f0e-9d53-0f6b1c9e2a77",
      ...this.source,
      ...variables,
    });
    this.run("box", {
      RAW_DISK: disk.path,
      BOX_OUT: this.boxFile,
      BOX_SETTINGS: JSON.stringify({
        name: "fixture",
        version: "1.0.0",
        epoch: Number(epoch),
        compression: "fast",
      }),
    });
    return { provision, disk };
  }

  /** Boots the box and lets it be checked. */
  prove(proof: Proof): StageResult {
    return this.run("boot-proof", {
      BOX: this.boxFile,
      OUT_DIR: this.path("boot-proof"),
      CLONES: proof === "two clones" ? "2" : "1",
    });
  }

  private get boxFile(): string {
    return this.path("fixture.box");
  }

  /** Removes the folder and all in it. */
  remove(): void {
    fs.rmSync(this.workDirectory, { recursive: true, force: true });
  }
}
