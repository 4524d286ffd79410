import { spawn } from "node:child_process";

import type { Log } from "../setup/log";

/** How long the engine may take to end what it is at, after it was asked and after it was urged. */
export interface Grace {
  /** After the first signal it waits for the operation at work, milliseconds. */
  readonly askedMs: number;
  /** After the second it drops everything. */
  readonly urgedMs: number;
}

const usualGrace: Grace = { askedMs: 120_000, urgedMs: 30_000 };

export interface PulumiRun {
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
  /** Receives each line of output. */
  readonly onLine: Log;
  /** Ends the command early. */
  readonly signal?: AbortSignal;
  readonly grace?: Grace;
}

/**
 * Runs a `pulumi` command to its end, in a process group of its own, so that a signal to this process
 * reaches it in our order only: asked to end, urged two minutes later, killed when that does not help.
 *
 * @returns what it printed on standard output
 * @throws Error with the last lines when it fails
 */
export async function runPulumi(args: readonly string[], run: PulumiRun): Promise<string> {
  const child = spawn("pulumi", [...args, "--non-interactive", "--color", "never"], {
    cwd: run.directory,
    env: run.environment,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const timers: NodeJS.Timeout[] = [];
  const send = (signal: NodeJS.Signals): void => {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  };
  const end = (): void => {
    const { askedMs, urgedMs } = run.grace ?? usualGrace;
    child.kill("SIGINT");
    timers.push(setTimeout(() => child.kill("SIGINT"), askedMs));
    timers.push(setTimeout(() => send("SIGKILL"), askedMs + urgedMs));
  };
  run.signal?.addEventListener("abort", end, { once: true });
  if (run.signal?.aborted === true) end();

  let stdout = "";
  let rest = "";
  const lines: string[] = [];
  const take = (chunk: string): void => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) {
      run.onLine(line);
      if (line.trim() !== "") lines.push(line.trim());
    }
  };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    take(chunk);
  });
  child.stderr.setEncoding("utf8").on("data", take);
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on("error", (error) => reject(new Error(`pulumi cannot be run: ${error.message}`)));
      child.on("close", resolve);
    });
    if (status === 0) return stdout;
    throw new Error(reasonOf(lines));
  } finally {
    timers.forEach(clearTimeout);
    run.signal?.removeEventListener("abort", end);
  }
}

/** The first line that tells of an error; a stage's own word before the engine's. */
function reasonOf(lines: readonly string[]): string {
  return (
    lines.find((line) => /^[a-z-]+: error: /.test(line)) ??
    lines.find((line) => /(^| )error: /.test(line)) ??
    lines.at(-1) ??
    "pulumi said nothing"
  );
}
