import { parseArgs } from "node:util";

import { InputError } from "../../formats/problems";

/** Settings as they stand under `ami2box:` in a stack's file. */
export type RawSettings = Record<string, unknown>;

export const usage = `npm run box -- [flags]; every flag is optional

  --image FILE       make the box from a disk image (raw, qcow2, vmdk or vhd) instead of a new Debian
  --suite SUITE      Debian suite, by default bookworm
  --provision FILE   run your own script, as root, inside the image; may be given several times
  --name NAME        name of the box, NAME or ORGANISATION/NAME
  --version VERSION  version of the box, by default the day: 20261124.0.0
  --out DIR          folder of the catalogs, by default out
  --no-boot-proof    publish without having booted the box
  --parallel N       of several boxes (docs/boxes.md), how many are made at once; by default what
                     processors, memory and free disk allow
  --help             this text

The other settings stand in Pulumi.local.yaml; README.md lists them all.`;

/**
 * Lays the flags of `npm run box` over the settings of the stack's file.
 *
 * @param args the words after `npm run box --`
 * @param settings what the file has
 * @returns the settings to use, or `help` when that was asked for
 * @throws InputError naming every flag that is not known, lacks its value, is given twice or contradicts
 *   another
 */
export function applyFlags(args: readonly string[], settings: RawSettings): RawSettings | "help" {
  const values = parse(args);
  if (values.help === true) return "help";
  const merged = structuredClone(settings);
  const ofOneBox = (["name", "version", "image", "suite"] as const).filter(
    (flag) => values[flag] !== undefined,
  );
  if (settings["boxes"] !== undefined && ofOneBox.length > 0) {
    throw new InputError("npm run box", [
      `${ofOneBox.map((flag) => `--${flag}`).join(", ")} is of one box, and the settings list boxes; set it in that list`,
    ]);
  }
  if (values.image !== undefined && values.suite !== undefined) {
    throw new InputError("npm run box", [
      "--image and --suite were both given; a box is made from an image or from a Debian suite",
    ]);
  }
  if (values.image !== undefined) merged["source"] = { type: "image", path: values.image };
  if (values.suite !== undefined) {
    merged["source"] = { ...debianOnly(merged["source"]), suite: values.suite };
  }
  overlay(merged, "provisioning", { scripts: values.provision });
  overlay(merged, "publish", { directory: values.out });
  overlay(merged, "box", {
    name: values.name,
    version: values.version,
    bootProof: values["no-boot-proof"] === true ? false : undefined,
  });
  return merged;
}

/** How many boxes the flags ask for at once; undefined where they do not say. */
export function parallelFlag(args: readonly string[]): number | undefined {
  const { parallel } = parse(args);
  return parallel === undefined ? undefined : Number(parallel);
}

function parse(args: readonly string[]): FlagValues {
  const { tokens } = parseArgs({ args: [...args], strict: false, tokens: true, options });
  if (tokens.some((token) => token.kind === "option" && token.name === "help")) {
    return { help: true };
  }
  const problems: string[] = [];
  const seen = new Set<string>();
  let valueOfSwallowedFlag = -1;
  for (const token of tokens) {
    if (token.kind === "positional" && token.index !== valueOfSwallowedFlag) {
      problems.push(`'${token.value}' is no flag; see --help`);
    }
    if (token.kind !== "option") continue;
    const { name, rawName, value } = token;
    const known = Object.hasOwn(options, name);
    if (!known) {
      problems.push(`${rawName} is not a flag; see --help for those there are`);
    } else if (name === "no-boot-proof") {
      if (value !== undefined) problems.push(`${rawName} takes no value, '${value}' was given`);
    } else if (!value || (!token.inlineValue && /^-./.test(value))) {
      problems.push(`${rawName} lacks its value; see --help`);
      valueOfSwallowedFlag = token.index + 2;
    } else if (name === "parallel" && parallelProblem(value) !== undefined) {
      problems.push(`${rawName}: ${parallelProblem(value)}`);
    } else if (seen.has(name) && name !== "provision") {
      problems.push(`${rawName} was given more than once; give it one value`);
    }
    seen.add(name);
  }
  if (problems.length > 0) throw new InputError("npm run box", problems);
  return parseStrictly(args).values;
}

/** Why a text is no number of boxes that are made at once; undefined when it is one. */
export function parallelProblem(text: string): string | undefined {
  return /^[1-9][0-9]{0,2}$/.test(text)
    ? undefined
    : `${JSON.stringify(text)} is not allowed; give a whole number from 1 to 999`;
}

type FlagValues = ReturnType<typeof parseStrictly>["values"];

const options = {
  image: { type: "string" },
  suite: { type: "string" },
  provision: { type: "string", multiple: true },
  name: { type: "string" },
  version: { type: "string" },
  out: { type: "string" },
  "no-boot-proof": { type: "boolean" },
  parallel: { type: "string" },
  help: { type: "boolean" },
} as const;

function parseStrictly(args: readonly string[]) {
  return parseArgs({ args: [...args], strict: true, options });
}

function debianOnly(source: unknown): RawSettings {
  const given = (source ?? {}) as RawSettings;
  return given["type"] === "debian" ? given : { type: "debian" };
}

/** Puts what was given into one group of settings and leaves the rest of it. */
function overlay(settings: RawSettings, group: string, given: RawSettings): void {
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  if (present.length === 0) return;
  settings[group] = { ...(settings[group] as RawSettings), ...Object.fromEntries(present) };
}
