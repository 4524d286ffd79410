import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommandOptions, CommandResult, Run } from "../../ops/setup/commands";
import type { Announcer } from "../../ops/setup/log";

/** An announcer that keeps what it is told. */
export function recordingAnnouncer(): Announcer & { lines: string[]; steps: string[] } {
  const lines: string[] = [];
  const steps: string[] = [];
  return { lines, steps, line: (text) => lines.push(text), progress: (text) => steps.push(text) };
}

/** One command that was run. */
export interface Call {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: CommandOptions;
}

/** A {@link Run} that answers from a function and remembers what it was asked. */
export function fakeRun(
  answer: (call: Call) => Partial<CommandResult> = () => ({}),
): Run & { calls: Call[] } {
  const calls: Call[] = [];
  const run: Run = (command, args, options = {}) => {
    const call = { command, args, options };
    calls.push(call);
    const { code = 0, stdout = "", output = stdout } = answer(call);
    for (const line of output.split("\n").filter((text) => text !== "")) options.onLine?.(line);
    return Promise.resolve({ code, stdout, output });
  };
  return Object.assign(run, { calls });
}

/** Runs `work` with a folder that is removed afterwards. */
export async function inTemporaryFolder<T>(work: (folder: string) => Promise<T> | T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "ami2box-setup-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
