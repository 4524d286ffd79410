import type { z } from "zod";

import { boxNameProblems } from "../formats/catalog/boxName";
import { versionProblems } from "../formats/catalog/version";
import { shown } from "../formats/problems";
import { settingsSchema, type Settings } from "./schema";

/** Settings that were looked at as a whole. */
export interface CheckedSettings {
  /** With every default filled in; missing when their form is wrong. */
  readonly settings?: Settings;
  /** Everything wrong with them, each with its path, the value given and what is allowed. */
  readonly problems: readonly string[];
}

/**
 * Checks the settings as a whole.
 *
 * @param raw the value of each key under `ami2box:`, as written in the stack's file
 */
export function checkSettings(raw: Record<string, unknown>): CheckedSettings {
  const parsed = settingsSchema.safeParse(raw, { reportInput: true });
  return {
    ...(parsed.success && { settings: parsed.data }),
    problems: [
      ...(parsed.success ? [] : parsed.error.issues.flatMap(toProblems)),
      ...boxIdentityProblems(raw),
    ],
  };
}

/** Judged on the raw value, so that a bad name is reported beside whatever else is wrong. */
function boxIdentityProblems(raw: Record<string, unknown>): string[] {
  const { name, version } = (raw["box"] ?? {}) as { name?: unknown; version?: unknown };
  return [
    ...(typeof name === "string" ? boxNameProblems(name).map((text) => `box.name: ${text}`) : []),
    ...(typeof version === "string"
      ? versionProblems(version).map((text) => `box.version: ${text}`)
      : []),
  ];
}

function toProblems(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map(
      (key) =>
        `${path === "" ? key : `${path}.${key}`}: is not a setting; README.md lists those there are`,
    );
  }
  const value = valueAt(issue);
  const given = value === undefined ? "is missing" : `${shown(value)} is not allowed`;
  return [`${path}: ${given}; ${allowed(issue)}`];
}

/** The value at the issue's path; some kinds of issue report the group that holds it. */
function valueAt(issue: z.core.$ZodIssue): unknown {
  return issue.code === "invalid_union" || issue.code === "custom"
    ? (issue.input as Record<string, unknown>)[String(issue.path.at(-1))]
    : issue.input;
}

/** Types by the words of people who write YAML. */
const typeNames: Readonly<Record<string, string>> = {
  object: "a group of settings",
  array: "a list",
  string: "text, in quotes where it looks like a number",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

function allowed(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_value":
      return `allowed: ${issue.values.map(String).join(", ")}`;
    case "invalid_union":
      // A discriminated union tells its options, though the type of the issue does not.
      return `allowed: ${(issue as { options?: string[] }).options?.join(", ") ?? "one of the forms in README.md"}`;
    case "too_small":
      return issue.origin === "string"
        ? "it must not be empty"
        : `it must be ${issue.minimum} or more`;
    case "too_big":
      return `it must be ${issue.maximum} or less`;
    case "invalid_type":
      return `it must be ${typeNames[issue.expected] ?? issue.expected}`;
    default:
      return issue.message;
  }
}
