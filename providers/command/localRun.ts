import { once } from "node:events";
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { ResourceLog } from "../lib/engineLog";
import type { PropertyTable } from "../lib/propertyTable";
import type { Properties } from "../lib/wireValues";
import {
  commonInputs,
  previousOutput,
  type CommandOutput,
  type CommonInputs,
} from "./commandInputs";
import { OutputCollector } from "./commandOutput";
import { goExit, goStartError } from "./goText";
import { outputFiles } from "./outputGlobs";
import type { ProcessGroups } from "./processGroups";

/** Inputs of everything that runs on this machine. */
export const localInputs = {
  ...commonInputs,
  archivePaths: { kind: "list of strings" },
  assetPaths: { kind: "list of strings" },
  dir: { kind: "string" },
  interpreter: { kind: "list of strings" },
} as const satisfies PropertyTable;

/** {@link localInputs} after the check. */
export interface LocalInputs extends CommonInputs {
  readonly archivePaths?: readonly string[];
  readonly assetPaths?: readonly string[];
  readonly dir?: string;
  readonly interpreter?: readonly string[];
}

function checkDirectory(directory: string): string | undefined {
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found === undefined) {
    return `chdir ${directory}: no such file or directory`;
  }
  return found.isDirectory() ? undefined : `chdir ${directory}: not a directory`;
}

/**
 * Runs `command` on this machine, after `interpreter` (default `/bin/sh -c`), in `dir` (default: the project folder).
 *
 * @param previous - what the last run printed
 * @returns the outputs: stdout, stderr, and assets and archive if asked for
 * @throws Error in the words of the official plugin
 */
export async function runLocal(
  command: string,
  inputs: LocalInputs,
  previous: Partial<CommandOutput>,
  groups: ProcessGroups,
  log: ResourceLog,
): Promise<Properties> {
  const interpreter = inputs.interpreter?.length ? inputs.interpreter : ["/bin/sh", "-c"];
  const [program = "", ...args] = [...interpreter, command];
  const directory = resolve(inputs.dir ?? ".");
  const nothing = new OutputCollector("none", log, () => undefined);
  const unusable = checkDirectory(directory);
  if (unusable !== undefined) {
    return { ...(await nothing.finish(command, unusable)) };
  }

  const stdin = inputs.stdin ?? "";
  const child = groups.start(program, args, {
    cwd: directory,
    env: { ...process.env, ...inputs.environment, ...previousOutput(inputs, previous) },
    stdio: [stdin === "" ? "ignore" : "pipe", "pipe", "pipe"],
  });
  const output = new OutputCollector(inputs.logging, log, () => void groups.end(child));
  child.stdout?.on("data", (chunk: Buffer) => {
    output.take("stdout", chunk);
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    output.take("stderr", chunk);
  });
  child.stdin?.on("error", () => undefined).end(stdin);

  let failure: string | undefined;
  try {
    const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    failure = goExit(code, signal);
  } catch (error) {
    failure = goStartError(error as NodeJS.ErrnoException, program);
  }
  const printed = await output.finish(command, failure);
  return { ...printed, ...(await outputFiles(directory, inputs.assetPaths, inputs.archivePaths)) };
}
