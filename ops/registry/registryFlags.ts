import { parseArgs } from "node:util";

import { boxNameProblems, versionProblems } from "../../formats/catalog";
import { InputError } from "../../formats/problems";
import { regionProblems } from "../../settings/aws/awsPlace";

/** What is asked of a registry. */
export type RegistryAction =
  | { readonly name: "list" }
  | {
      readonly name: "yank" | "restore" | "rollback" | "pin" | "unpin";
      readonly version: string;
    }
  | {
      readonly name: "prune";
      /** How many of the newest versions stay; by default what the settings say. */
      readonly keep: number | undefined;
      /** Whether what is found is removed. */
      readonly yes: boolean;
    };

/** Where the registry is. */
export type RegistryPlaceFlags =
  | { readonly stack: string }
  | { readonly directory: string }
  | { readonly bucket: string; readonly prefix: string; readonly region: string | undefined };

export interface RegistryFlags {
  readonly action: RegistryAction;
  readonly place: RegistryPlaceFlags;
  /** Box that is meant; by default that of the stack. */
  readonly box: string | undefined;
}

export const registryUsage = `npm run registry -- ACTION [PLACE] [--box NAME]

  list                     the versions of a box and how they stand; without a box, all boxes of the place
  yank VERSION             withdraw a version: Vagrant no longer finds it; its files stay
  restore VERSION          bring a withdrawn version back
  rollback VERSION         make an older version the current one: withdraw all later ones
  pin VERSION              keep a version whatever its age
  unpin VERSION            no longer
  prune [--keep N] [--yes] list, and with --yes remove, all but the newest N and the pinned versions, and
                           boxes that no catalog has named for a day; N is by default publish.keep

The place, by default --stack local:

  --stack NAME                     where the settings of the stack publish, and their box
  --directory DIR                  a folder of catalogs
  --bucket NAME [--prefix PREFIX] [--region REGION]
                                   a bucket; the prefix is by default boxes
  --box NAME                       the box; needed with --directory and --bucket, but to list

Exit status: 0 done; 1 not done, with the reason.`;

const versionActions = ["yank", "restore", "rollback", "pin", "unpin"] as const;
const actions = ["list", ...versionActions, "prune"] as const;

/**
 * Reads the command line.
 *
 * @returns `help` when help is asked for
 * @throws InputError with everything wrong in it
 */
export function parseRegistryFlags(args: readonly string[]): RegistryFlags | "help" {
  const { values, positionals } = parse(args);
  if (values.help === true) return "help";
  const { stack, directory, bucket, prefix, region, box, keep, yes } = values;
  const [name = "", version, ...more] = positionals;
  const places = Object.entries({ stack, directory, bucket }).filter(
    ([, value]) => value !== undefined,
  );
  const takesVersion = versionActions.some((each) => each === name);
  const needsBox = stack === undefined && places.length > 0 && name !== "list";
  const problems = [
    ...(actions.some((each) => each === name)
      ? []
      : [`${JSON.stringify(name)} is no action; allowed: ${actions.join(", ")}`]),
    ...(takesVersion && version === undefined ? [`${name}: lacks a version`] : []),
    ...(takesVersion && version !== undefined ? versionProblems(version) : []),
    ...[...(takesVersion || version === undefined ? [] : [version]), ...more].map(
      (word) => `${JSON.stringify(word)} is one word too many; see --help`,
    ),
    ...(places.length > 1
      ? [`${places.map(([place]) => `--${place}`).join(" and ")} were given; give one place`]
      : []),
    ...(bucket === undefined && (prefix ?? region) !== undefined
      ? ["--prefix and --region go with --bucket"]
      : []),
    ...(region === undefined ? [] : regionProblems({ region }, "--region")),
    ...(box === undefined ? [] : boxNameProblems(box).map((text) => `--box: ${text}`)),
    ...(needsBox && box === undefined ? ["--box: is missing; list names the boxes there are"] : []),
    ...(keep === undefined || /^[1-9]\d{0,4}$/.test(keep)
      ? []
      : [`--keep: ${JSON.stringify(keep)} is not allowed; give how many versions stay, 1 or more`]),
    ...(name !== "prune" && (keep ?? yes) !== undefined ? ["--keep and --yes go with prune"] : []),
  ];
  if (problems.length > 0) throw new InputError("registry", problems);
  return {
    action: actionOf(name as (typeof actions)[number], version ?? "", {
      keep: keep === undefined ? undefined : Number(keep),
      yes: yes ?? false,
    }),
    place:
      directory !== undefined
        ? { directory }
        : bucket !== undefined
          ? { bucket, prefix: prefix ?? "boxes", region }
          : { stack: stack ?? "local" },
    box,
  };
}

function actionOf(
  name: (typeof actions)[number],
  version: string,
  pruning: { readonly keep: number | undefined; readonly yes: boolean },
): RegistryAction {
  if (name === "list") return { name };
  return name === "prune" ? { name, ...pruning } : { name, version };
}

interface Parsed {
  readonly values: {
    stack?: string;
    directory?: string;
    bucket?: string;
    prefix?: string;
    region?: string;
    box?: string;
    keep?: string;
    yes?: boolean;
    help?: boolean;
  };
  readonly positionals: readonly string[];
}

function parse(args: readonly string[]): Parsed {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        stack: text,
        directory: text,
        bucket: text,
        prefix: text,
        region: text,
        box: text,
        keep: text,
        yes: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new InputError("registry", [`${(error as Error).message}; see --help`]);
  }
}
