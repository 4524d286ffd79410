import { boxNameProblems } from "../formats/catalog/boxName";
import { versionProblems } from "../formats/catalog/version";
import { settingsKindOf } from "./kind";
import { sentencesOf } from "./issues";
import {
  settingsSchemaOf,
  type Settings,
  type SettingsGroups,
  type SettingsSchema,
} from "./schema";

/** Settings that were looked at as a whole. */
export interface CheckedSettings {
  /** With every default filled in; missing when their form is wrong. */
  readonly settings?: Settings;
  /** The groups whose own form is right, even when that of others is not. */
  readonly groups: Partial<SettingsGroups>;
  /** Everything wrong with them, each with its path, the value given and what is allowed. */
  readonly problems: readonly string[];
}

/**
 * Checks the settings as a whole.
 *
 * @param raw the value of each key under `ami2box:`, as written in the stack's file
 */
export function checkSettings(raw: Record<string, unknown>): CheckedSettings {
  const kind = settingsKindOf(raw);
  const { whole, groups } = settingsSchemaOf(kind);
  const parsed = whole.safeParse(raw, { reportInput: true });
  return {
    ...(parsed.success && { settings: parsed.data }),
    groups: {
      ...right("source", groups, raw),
      ...right("provisioning", groups, raw),
      ...right("publish", groups, raw),
      ...right("worker", groups, raw),
    },
    problems: [
      ...(parsed.success ? [] : parsed.error.issues.flatMap((issue) => sentencesOf(issue, kind))),
      ...boxIdentityProblems(raw),
    ],
  };
}

function right(
  name: keyof SettingsGroups,
  schemas: SettingsSchema["groups"],
  raw: Record<string, unknown>,
): Partial<SettingsGroups> {
  const parsed = schemas[name].safeParse(raw[name]);
  return parsed.success ? { [name]: parsed.data } : {};
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
