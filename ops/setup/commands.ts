import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Log } from "./log";

/** How a command ended. */
export interface CommandResult {
  /** Exit status; 127 if the command could not be started, 124 if its time was up. */
  readonly code: number;
  readonly stdout: string;
  /** Standard output and standard error as they came. */
  readonly output: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called for every line of output. */
  readonly onLine?: Log;
  /** Milliseconds until the command is ended; none by default. */
  readonly timeout?: number;
}

/** Runs a command to its end. Never rejects: a command that cannot start has status 127. */
export type Run = (
  command: string,
  args: readonly string[],
  options?: CommandOptions,
) => Promise<CommandResult>;

const FORWARDED_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The real {@link Run}: no standard input, and a signal to this process ends the command too. */
export const run: Run = (command, args, options = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    let stdout = "";
    let output = "";
    let rest = "";
    let timedOut = false;
    let interruptedBy: NodeJS.Signals | undefined;
    const interrupt = (signal: NodeJS.Signals): void => {
      interruptedBy = signal;
      child.kill(signal);
    };
    const timer =
      options.timeout === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            child.kill("SIGKILL");
          }, options.timeout);
    const finish = (code: number): void => {
      clearTimeout(timer);
      for (const signal of FORWARDED_SIGNALS) process.removeListener(signal, interrupt);
      // Without our listener the signal has its normal effect: the caller's clean-up at exit runs.
      if (interruptedBy !== undefined) process.kill(process.pid, interruptedBy);
      if (rest !== "") options.onLine?.(rest);
      resolve({ code: timedOut ? 124 : code, stdout, output });
    };
    const take = (chunk: string): void => {
      output += chunk;
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) options.onLine?.(line);
    };
    for (const signal of FORWARDED_SIGNALS) process.on(signal, interrupt);
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
      take(chunk);
    });
    child.stderr.setEncoding("utf8").on("data", take);
    child.on("error", (error) => {
      output += error.message;
      finish(127);
    });
    child.on("close", (code) => finish(code ?? 1));
  });

/** The last lines of a command's output, indented, for an error message. */
export function lastLines(output: string, count = 8): string {
  const lines = output.trimEnd().split("\n").slice(-count);
  return lines.map((line) => `    ${line}`).join("\n");
}

/** Finds an executable file by name in the folders of a PATH, as a shell does. */
export function findOnPath(name: string, path = process.env.PATH ?? ""): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
      } catch {
        return false;
      }
    });
}

/** Folders with administration tools that an ordinary user's PATH on Debian leaves out. */
export const ADMIN_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** What to put before a command that needs root: nothing for root, else sudo that never asks. */
export function rootPrefix(userId = process.getuid?.() ?? 0): string[] {
  return userId === 0 ? [] : ["sudo", "-n"];
}
