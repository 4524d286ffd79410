import type { z } from "zod";

import { shown } from "../formats/problems";
import { targets, type SettingsKind, type Target } from "./schema";
import { bucketPublish, workerFolderPublish } from "./schema/publish";
import { sourceTypes } from "./schema/source";
import { awsWorker, localWorker, sshWorker } from "./schema/worker";

/** What the schema found wrong, in sentences: the setting, the value given, and what is allowed. */
export function sentencesOf(issue: z.core.$ZodIssue, kind: SettingsKind): string[] {
  const path = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const setting = path === "" ? key : `${path}.${key}`;
      return `${setting}: ${whyUnknown(path, key, kind)}`;
    });
  }
  const value = valueAt(issue);
  const given = value === undefined ? "is missing" : `${shown(value)} is not allowed`;
  return [`${path}: ${given}; ${allowed(issue, path, kind)}`];
}

const workerSettings: Readonly<Record<Target, readonly string[]>> = {
  local: Object.keys(localWorker.shape),
  ssh: Object.keys(sshWorker.shape),
  aws: Object.keys(awsWorker.shape),
};

/** A setting may be none at all, or one that goes with something else. */
function whyUnknown(group: string, key: string, { target, bucket }: SettingsKind): string {
  if (group === "worker") {
    const others = targets.filter((other) => workerSettings[other].includes(key));
    if (others.length > 0) {
      return `is a setting of target ${others.join(" and ")}, not of ${target}; leave it out`;
    }
  }
  if (group === "publish" && key in workerFolderPublish.shape && bucket) {
    return target === "aws"
      ? "is not for target aws, which publishes in a bucket; set publish.bucket"
      : "does not go with publish.bucket; leave one of them out";
  }
  if (group === "publish" && key in bucketPublish.shape) {
    return "goes with publish.bucket; set that too, or leave it out";
  }
  if (group === "" && key === "cost") {
    return "is for what is made in EC2 or published in a bucket; leave it out";
  }
  return "is not a setting; README.md lists those there are";
}

/** The value at the issue's path; some kinds of issue report the group that holds it. */
function valueAt(issue: z.core.$ZodIssue): unknown {
  const { input } = issue;
  const reportsGroup =
    issue.code === "custom" || (issue.code === "invalid_union" && options(issue));
  return reportsGroup && input !== null && typeof input === "object"
    ? (input as Record<string, unknown>)[String(issue.path.at(-1))]
    : input;
}

/** A discriminated union tells its options, though the type of the issue does not. */
function options(issue: z.core.$ZodIssue): readonly string[] | undefined {
  return (issue as { options?: readonly string[] }).options;
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

function allowed(issue: z.core.$ZodIssue, path: string, { target }: SettingsKind): string {
  switch (issue.code) {
    case "invalid_value":
      return `allowed: ${issue.values.map(String).join(", ")}`;
    case "invalid_union": {
      const values = options(issue)?.join(", ");
      if (values === undefined) return issue.message;
      const others = targets.filter((other) =>
        (sourceTypes[other] as readonly unknown[]).includes(valueAt(issue)),
      );
      return path === "source.type" && others.length > 0
        ? `it is for target ${others.join(" and ")}; allowed for target ${target}: ${values}`
        : `allowed: ${values}`;
    }
    case "too_small":
      return issue.origin === "string"
        ? "it must not be empty"
        : `it must be ${issue.minimum} or more`;
    case "too_big":
      return `it must be ${issue.maximum} or less`;
    case "invalid_type":
      return `it must be ${typeNames[issue.expected] ?? issue.expected}`;
    case "invalid_key":
      return issue.issues[0]?.message ?? issue.message;
    default:
      return issue.message;
  }
}
