import { parseArgs } from "node:util";

import { InputError } from "../../formats/problems";
import { regionProblems } from "../../settings/aws/awsPlace";

/** How a sweep is asked for. */
export interface SweepFlags {
  /** The one stack that is swept for; all of the project's when left out. */
  readonly stack?: string;
  /** Regions that are looked in; by default those of the stacks' settings. */
  readonly regions: readonly string[];
  /** Whether what is found is deleted. */
  readonly yes: boolean;
}

export const sweepUsage = `npm run sweep -- [--stack NAME] [--region REGION ...] [--yes]

Lists what builds have left in AWS: what is past its expiry, and what the state of its stack does not know.
Only what bears this project's tags is looked at, and in the bucket unfinished uploads of boxes.

  --stack NAME     what one stack has left; by default every stack of this project
  --region REGION  look there, several times for several; by default where the stacks' settings say
  --yes            delete what is listed

Exit status: 0 nothing is left over, or it is listed, or deleted; 1 something could not be looked at or deleted.`;

/**
 * Reads the command line.
 *
 * @returns `help` when help is asked for
 * @throws InputError with everything wrong in it
 */
export function parseSweepFlags(args: readonly string[]): SweepFlags | "help" {
  const { stack, region: regions = [], yes = false, help } = parse(args);
  if (help === true) return "help";
  const problems = [
    ...(stack === undefined || /^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+){0,2}$/.test(stack)
      ? []
      : [`--stack: ${JSON.stringify(stack)} is no stack; give its name, such as nightly`]),
    ...regions.flatMap((region) => regionProblems({ region }, "--region")),
  ];
  if (problems.length > 0) throw new InputError("sweep", problems);
  return { ...(stack !== undefined && { stack }), regions: [...new Set(regions)], yes };
}

interface Values {
  stack?: string;
  region?: string[];
  yes?: boolean;
  help?: boolean;
}

function parse(args: readonly string[]): Values {
  try {
    return parseArgs({
      args: [...args],
      options: {
        stack: { type: "string" },
        region: { type: "string", multiple: true },
        yes: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    throw new InputError("sweep", [`${(error as Error).message}; see --help`]);
  }
}
