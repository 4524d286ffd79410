import type { Property, PropertyTable } from "../lib/propertyTable";

/** What a command's output is shown of while it runs. It is kept in state in any case. */
const LOGGING: Property = { kind: ["stdout", "stderr", "stdoutAndStderr", "none"] };

/** Inputs of every command, local or remote. */
export const commonInputs = {
  addPreviousOutputInEnv: { kind: "boolean", default: true },
  environment: { kind: "map of strings" },
  logging: LOGGING,
  stdin: { kind: "string" },
} as const satisfies PropertyTable;

/** What a command resource runs when, and what replaces it. */
export const lifecycleInputs = {
  create: { kind: "string" },
  update: { kind: "string" },
  delete: { kind: "string" },
  triggers: { kind: "list", replaces: true },
} as const satisfies PropertyTable;

/** {@link commonInputs} after the check. */
export interface CommonInputs {
  readonly addPreviousOutputInEnv?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly logging?: "stdout" | "stderr" | "stdoutAndStderr" | "none";
  readonly stdin?: string;
}

/** {@link lifecycleInputs} after the check. */
export interface LifecycleInputs {
  readonly create?: string;
  readonly update?: string;
  readonly delete?: string;
}

/** What the last run of a command printed, without the last newline. */
export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** The variables that hand the output of the last run to the next one; none if that is off or there was no output. */
export function previousOutput(
  inputs: CommonInputs,
  previous: Partial<CommandOutput>,
): Record<string, string> {
  const variables = {
    PULUMI_COMMAND_STDOUT: previous.stdout ?? "",
    PULUMI_COMMAND_STDERR: previous.stderr ?? "",
  };
  return inputs.addPreviousOutputInEnv === false
    ? {}
    : Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
}
