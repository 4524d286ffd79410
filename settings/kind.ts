import { targets, type SettingsKind, type Target } from "./schema";

/**
 * What kind of stack raw settings are of, as far as they tell: what is wrong in them is found out with the
 * schema of that kind.
 */
export function settingsKindOf(raw: Readonly<Record<string, unknown>>): SettingsKind {
  const { target, source, publish } = raw;
  const aws = target === "aws";
  const bake = aws && field(source, "type") === "bake";
  return {
    target: isTarget(target) ? target : "local",
    bucket: aws || field(publish, "bucket") !== undefined,
    bake,
    only: bake && field(source, "only") === true,
  };
}

function isTarget(value: unknown): value is Target {
  return targets.includes(value as Target);
}

function field(group: unknown, name: string): unknown {
  return group !== null && typeof group === "object"
    ? (group as Record<string, unknown>)[name]
    : undefined;
}
