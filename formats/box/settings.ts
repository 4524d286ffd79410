import { boxNameProblems, machineName } from "../catalog/boxName";
import { versionProblems } from "../catalog/version";
import type { Compression } from "../deflate/grainCompressor";
import { derivedMac } from "../ovf/derived";
import {
  hardwareDefaults,
  hardwareProblems,
  resolveHardware,
  type Hardware,
} from "../ovf/hardware";
import { InputError, shown, throwIfAny } from "../problems";
import {
  boxArchitectures,
  boxProviders,
  boxTextProblems,
  type BoxArchitecture,
  type BoxInfo,
  type BoxProvider,
} from "./texts";

/** Everything a box is made from, besides its disk. */
export interface BoxSettings {
  /** Name of the box, `name` or `organisation/name`; the machine in VirtualBox is called after it. */
  readonly name: string;
  /** Version of the box, in Vagrant's form. */
  readonly version: string;
  /** Who runs the box; default `virtualbox`. */
  readonly provider: BoxProvider;
  /** Processor of the disk's system; default `amd64`. */
  readonly architecture: BoxArchitecture;
  /** What every identifier in the box is derived from; default name and version. */
  readonly seed: string;
  /** Modification time of every file in the box, seconds since 1970, below 2^33. */
  readonly epoch: number;
  /** The virtual machine, every setting resolved. */
  readonly hardware: Hardware;
  /** Ruby statements for the box's Vagrantfile; default none. */
  readonly vagrantfileLines: readonly string[];
  /** Facts for `info.json`; default none. */
  readonly info: BoxInfo;
  /** Default `default`. */
  readonly compression: Compression;
  /** Compressing threads; default one a processor. */
  readonly threads?: number;
}

const FIELDS = [
  "name",
  "version",
  "provider",
  "architecture",
  "seed",
  "epoch",
  "hardware",
  "vagrantfileLines",
  "info",
  "compression",
  "threads",
] as const;

const defaults = {
  provider: "virtualbox",
  architecture: "amd64",
  hardware: {},
  vagrantfileLines: [],
  info: {},
  compression: "default",
};

function isWholeNumber(value: unknown, lowest: number, highest: number): boolean {
  return Number.isInteger(value) && (value as number) >= lowest && (value as number) <= highest;
}

function fieldProblems(given: Readonly<Record<string, unknown>>): string[] {
  const { provider, architecture, seed, epoch, compression, threads } = given;
  const problems = Object.keys(given)
    .filter((field) => !(FIELDS as readonly string[]).includes(field))
    .map((field) => `${field} is not a box setting: use ${FIELDS.join(", ")}.`);
  for (const [name, value, allowed] of [
    ["provider", provider, boxProviders],
    ["architecture", architecture, boxArchitectures],
  ] as const) {
    if (!(allowed as readonly unknown[]).includes(value)) {
      problems.push(`${name} is ${shown(value)}, but must be ${allowed.join(" or ")}.`);
    }
  }
  if (typeof seed !== "string" || seed === "") {
    problems.push(`seed is ${shown(seed)}, but must be a text.`);
  }
  if (!isWholeNumber(epoch, 0, 2 ** 33 - 1)) {
    problems.push(`epoch is ${shown(epoch)}, but must be whole seconds since 1970 below 2^33.`);
  }
  if (!["fast", "default", "best"].includes(compression as string)) {
    problems.push(`compression is ${shown(compression)}, but must be fast, default or best.`);
  }
  if (threads !== undefined && !isWholeNumber(threads, 1, 256)) {
    problems.push(`threads is ${shown(threads)}, but must be a whole number from 1 to 256.`);
  }
  return problems;
}

/**
 * Checks box settings of unknown origin, such as parsed JSON, and fills in the defaults.
 *
 * @throws InputError with every problem in them
 */
export function boxSettings(value: unknown): BoxSettings {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InputError("box settings", [`they are ${shown(value)}, but must be an object.`]);
  }
  const named: { name?: unknown; version?: unknown } = value;
  const seedOfNames = `${String(named.name)} ${String(named.version)}`;
  const given: Readonly<Record<string, unknown>> = { seed: seedOfNames, ...defaults, ...value };
  const nameProblems = boxNameProblems(given["name"]);
  const name = nameProblems.length === 0 ? machineName(given["name"] as string) : "box";
  const seed = typeof given["seed"] === "string" ? given["seed"] : "";
  const { hardware } = given;
  const problems = [
    ...nameProblems,
    ...versionProblems(given["version"]),
    ...fieldProblems(given),
    ...boxTextProblems(given["vagrantfileLines"], given["info"]),
    ...(typeof hardware === "object" && hardware !== null
      ? hardwareProblems({
          name,
          mac: derivedMac(seed),
          ...hardwareDefaults(given["architecture"]),
          ...hardware,
        }).map((problem) => `hardware: ${problem}`)
      : [`hardware is ${shown(hardware)}, but must be an object.`]),
  ];
  throwIfAny("box settings", problems);
  return {
    ...(given as unknown as BoxSettings),
    hardware: resolveHardware(name, seed, {
      ...(hardware as Partial<Hardware>),
      architecture: given["architecture"] as BoxArchitecture,
    }),
  };
}
