import { spawnSync } from "node:child_process";
import * as path from "node:path";

export const projectDirectory = path.resolve(__dirname, "../..");

export interface StageOutcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Reasons the stage gave for its failure, without its name. */
  readonly errors: readonly string[];
}

/** Runs a stage as a worker does, with nothing of this process's own environment but PATH. */
export function runStage(
  name: string,
  variables: Readonly<Record<string, string>>,
  limitSeconds = 120,
): StageOutcome {
  const { status, stdout, stderr } = spawnSync(
    "bash",
    [path.join(projectDirectory, "scripts/run-stage.sh"), name, String(limitSeconds)],
    { encoding: "utf8", env: { PATH: process.env["PATH"], ...variables } },
  );
  const marker = `${name}: error: `;
  const errors = stderr
    .split("\n")
    .filter((line) => line.startsWith(marker))
    .map((line) => line.slice(marker.length));
  return { status, stdout, stderr, errors };
}
