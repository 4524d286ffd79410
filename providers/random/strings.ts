import type { provider } from "@pulumi/pulumi";
import type { PropertyTable } from "../lib/propertyTable";
import type { Created, ResourceType } from "../lib/standIn";
import { secretValue, type Properties } from "../lib/wireValues";
import { characters, picker, shuffled } from "./generators";

const SPECIAL = "!@#$%&*()-_=+[]{}<>:?";

const stringInputs = {
  keepers: { kind: "map of strings" },
  length: { kind: "number", required: true },
  lower: { kind: "boolean", default: true },
  upper: { kind: "boolean", default: true },
  numeric: { kind: "boolean", default: true },
  number: { kind: "boolean", default: true },
  special: { kind: "boolean", default: true },
  minLower: { kind: "number", default: 0 },
  minUpper: { kind: "number", default: 0 },
  minNumeric: { kind: "number", default: 0 },
  minSpecial: { kind: "number", default: 0 },
  overrideSpecial: { kind: "string" },
} as const satisfies PropertyTable;

interface StringInputs {
  readonly length: number;
  readonly lower: boolean;
  readonly upper: boolean;
  readonly numeric: boolean;
  readonly number: boolean;
  readonly special: boolean;
  readonly minLower: number;
  readonly minUpper: number;
  readonly minNumeric: number;
  readonly minSpecial: number;
  readonly overrideSpecial?: string;
}

/** The character classes with what is asked of each. `number` is the old name of `numeric`: either turns digits off. */
function classes(inputs: StringInputs): { alphabet: string; allowed: boolean; minimum: number }[] {
  return [
    { alphabet: "abcdefghijklmnopqrstuvwxyz", allowed: inputs.lower, minimum: inputs.minLower },
    { alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", allowed: inputs.upper, minimum: inputs.minUpper },
    {
      alphabet: "0123456789",
      allowed: inputs.numeric && inputs.number,
      minimum: inputs.minNumeric,
    },
    {
      alphabet: inputs.overrideSpecial ? inputs.overrideSpecial : SPECIAL,
      allowed: inputs.special,
      minimum: inputs.minSpecial,
    },
  ];
}

function checkString(properties: Properties): provider.CheckFailure[] {
  const inputs = properties as unknown as StringInputs;
  const all = classes(inputs);
  const failures: provider.CheckFailure[] = [];
  if (typeof inputs.length !== "number") {
    return failures;
  }
  const needed = all.reduce((sum, { minimum }) => sum + minimum, 0);
  if (inputs.length < 1 || inputs.length < needed) {
    failures.push({
      property: "length",
      reason: `is ${String(inputs.length)}; it must be at least 1 and at least the sum of the minimums, ${String(needed)}`,
    });
  }
  if (!all.some(({ allowed }) => allowed)) {
    failures.push({ property: "lower", reason: "no class of characters is allowed; allow one" });
  }
  return failures;
}

function randomString(properties: Properties): string {
  const inputs = properties as unknown as StringInputs;
  const pick = picker();
  const all = classes(inputs);
  const required = all.flatMap(({ alphabet, minimum }) => characters(alphabet, minimum, pick));
  const allowed = all.flatMap(({ alphabet, allowed }) => (allowed ? [alphabet] : [])).join("");
  const rest = characters(allowed, inputs.length - required.length, pick);
  return shuffled([...required, ...rest], pick).join("");
}

function stringType(toState: (result: string) => Created): ResourceType {
  return {
    inputs: stringInputs,
    check: checkString,
    create: (inputs) => Promise.resolve(toState(randomString(inputs))),
  };
}

/** RandomString and RandomPassword: characters of chosen classes; the password's `result` is secret. */
export const stringTypes = {
  "random:index/randomString:RandomString": stringType((result) => ({
    id: result,
    outputs: { result },
  })),
  "random:index/randomPassword:RandomPassword": stringType((result) => ({
    id: "none",
    outputs: { result: secretValue(result) },
  })),
};
