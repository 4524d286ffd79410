import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { projectDirectory } from "./stageRun";

export interface CommandOutcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A copy of the project as a newcomer has it after `git clone`: without state, work or boxes. Only
 * `node_modules` is the project's own, to save its installation.
 */
export class ProjectCopy {
  public readonly directory = fs.mkdtempSync(path.join(tmpdir(), "ami2box-project-"));

  constructor() {
    const files = execFileSync(
      "git",
      ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
      { cwd: projectDirectory, encoding: "utf8" },
    ).split("\0");
    for (const file of files) {
      const from = path.join(projectDirectory, file);
      if (file === "" || !fs.existsSync(from)) continue;
      const to = path.join(this.directory, file);
      fs.mkdirSync(path.dirname(to), { recursive: true });
      fs.copyFileSync(from, to);
    }
    fs.symlinkSync(
      path.join(projectDirectory, "node_modules"),
      path.join(this.directory, "node_modules"),
    );
  }

  public path(...parts: string[]): string {
    return path.join(this.directory, ...parts);
  }

  /** Starts `npm run NAME -- ARGS`, in a process group of its own as a terminal would. */
  public start(name: string, args: readonly string[] = []): ChildProcess {
    return spawn("npm", ["run", "--silent", name, "--", ...args], {
      cwd: this.directory,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
  }

  /** Runs `npm run NAME -- ARGS` to its end. */
  public run(name: string, args: readonly string[] = []): Promise<CommandOutcome> {
    return outcomeOf(this.start(name, args));
  }

  /** Runs a command as a user does who has read in `.ami2box/env`. */
  public shell(command: string): Promise<CommandOutcome> {
    return this.execute(`. .ami2box/env && ${command}`);
  }

  /** Runs a command in the project's folder. */
  public execute(command: string): Promise<CommandOutcome> {
    return outcomeOf(
      spawn("bash", ["-c", command], {
        cwd: this.directory,
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );
  }

  public remove(): void {
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}

/** What a started command printed and how it ended. */
export function outcomeOf(child: ChildProcess): Promise<CommandOutcome> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (text: Buffer) => (stdout += text.toString()));
  child.stderr?.on("data", (text: Buffer) => (stderr += text.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}
