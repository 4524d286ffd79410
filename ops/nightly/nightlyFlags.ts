import { parseArgs } from "node:util";

import { InputError } from "../../formats/problems";
import { parallelProblem } from "../box/flags";

/** How a night is asked for. */
export interface NightlyFlags {
  /** Stack that makes the box. */
  readonly stack: string;
  /** Hours after which the build is ended. */
  readonly limitHours: number;
  /** Operations of the engine at once, in a stack that lists boxes; undefined where nobody says. */
  readonly parallel: number | undefined;
}

export const nightlyUsage = `npm run nightly -- [--stack NAME] [--limit HOURS] [--parallel N]

Makes the box of a stack with pulumi up, then removes all that making it needed with pulumi destroy, also
after a failure, an interruption or the time limit. Nothing is built when nothing has changed.

  --stack NAME   the stack; nightly by default
  --limit HOURS  hours after which the build is ended; 4 by default
  --parallel N   of several boxes (docs/boxes.md), operations at once; by default as many as there is room for

Exit status: 0 made, or nothing to make; 1 not made; 3 made, but resources are left; 75 another night runs;
128 and the signal's number after a signal.`;

/**
 * Reads the command line.
 *
 * @returns `help` when help is asked for
 * @throws InputError with everything wrong in it
 */
export function parseNightlyFlags(args: readonly string[]): NightlyFlags | "help" {
  const { values } = parse(args);
  if (values.help === true) return "help";
  const limit = values.limit ?? "4";
  const problem = values.parallel === undefined ? undefined : parallelProblem(values.parallel);
  const problems = [
    ...(/^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+){0,2}$/.test(values.stack ?? "nightly")
      ? []
      : [`--stack: ${JSON.stringify(values.stack)} is no stack; give its name, such as nightly`]),
    ...(/^\d+(\.\d+)?$/.test(limit) && Number(limit) > 0 && Number(limit) <= 24
      ? []
      : [
          `--limit: ${JSON.stringify(limit)} is not allowed; give hours, more than 0 and 24 at most`,
        ]),
    ...(problem === undefined ? [] : [`--parallel: ${problem}`]),
  ];
  if (problems.length > 0) throw new InputError("nightly", problems);
  return {
    stack: values.stack ?? "nightly",
    limitHours: Number(limit),
    parallel: values.parallel === undefined ? undefined : Number(values.parallel),
  };
}

function parse(args: readonly string[]): {
  values: { stack?: string; limit?: string; parallel?: string; help?: boolean };
} {
  try {
    return parseArgs({
      args: [...args],
      options: {
        stack: { type: "string" },
        limit: { type: "string" },
        parallel: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new InputError("nightly", [`${(error as Error).message}; see --help`]);
  }
}
