import type { Stage, StageName } from "./stages";
import type { StageResult } from "./stageRunner";

/** Quotes a value for a POSIX shell, whatever is in it. */
export function shellQuote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/**
 * The shell command that runs a stage, the same on every kind of worker: variables before the command,
 * because SSH servers take none of their own accord.
 *
 * @param scriptsDirectory folder of the scripts on the worker
 * @param variables values the stage's script names in its header
 * @throws Error when a variable has a name the shell would not take
 */
export function stageCommand(
  scriptsDirectory: string,
  stage: Stage,
  variables: Readonly<Record<string, string>>,
): string {
  const assignments = Object.entries(variables).map(([name, value]) => {
    if (!/^[A-Z][A-Z0-9_]*$/.test(name)) {
      throw new Error(`${name} is no name for a stage's variable; allowed: A-Z, 0-9 and _`);
    }
    return `${name}=${shellQuote(value)}`;
  });
  return [
    ...assignments,
    "bash",
    shellQuote(`${scriptsDirectory}/run-stage.sh`),
    stage.name,
    String(stage.timeLimitSeconds),
  ].join(" ");
}

/**
 * Reads the line of JSON a stage prints.
 *
 * @throws Error when the text is no such line
 */
export function parseStageResult(stage: StageName, stdout: string): StageResult {
  try {
    const result = JSON.parse(stdout) as Partial<StageResult>;
    if (result.stage === stage) return result as StageResult;
  } catch {
    // Told below, with what was printed.
  }
  throw new Error(
    `stage ${stage} printed ${JSON.stringify(stdout.slice(0, 200))} where its one line of JSON was expected`,
  );
}
