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
    ...(name === undefined ? [] : boxNameProblems(name).map((text) => `box.name: ${text}`)),
    ...(version === undefined
      ? []
      : versionProblems(version).map((text) => `box.version: ${text}`)),
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
  const given = issue.input === undefined ? "is missing" : `${shown(issue.input)} is not allowed`;
  return [`${path}: ${given}; ${allowed(issue)}`];
}

function allowed(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_value":
      return `allowed: ${issue.values.map(String).join(", ")}`;
    case "invalid_union":
      // A discriminated union tells its options, though the type of the issue does not.
      return `allowed: ${(issue as { options?: string[] }).options?.join(", ") ?? "one of the forms in README.md"}`;
    case "too_small":
      return `the least is ${issue.minimum}`;
    case "too_big":
      return `the most is ${issue.maximum}`;
    case "invalid_type":
      return `it must be of type ${issue.expected}`;
    default:
      return issue.message;
  }
}
