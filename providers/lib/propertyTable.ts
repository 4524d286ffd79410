import type { provider } from "@pulumi/pulumi";
import { asArchive, asAsset, isObject, isUnknown, sameValue, type Properties } from "./wireValues";

/** What an input property may hold. An array of strings is a closed choice. */
export type PropertyKind =
  | "string"
  | "number"
  | "boolean"
  | "list of strings"
  | "set of strings"
  | "map of strings"
  | "object"
  | "list"
  | "asset or archive"
  | readonly string[];

/** One input property of a resource or function. */
export interface Property {
  readonly kind: PropertyKind;
  readonly required?: true;
  /** Filled in when the input is not given. */
  readonly default?: string | number | boolean;
  /** Whether a change of this property replaces the resource instead of updating it; may depend on the new inputs. */
  readonly replaces?: true | ((inputs: Properties) => boolean);
  /**
   * Filled in by the provider when it is not given, so that leaving it out changes nothing; in an object, each
   * value that is left out.
   */
  readonly computed?: true;
}

/** The input properties of a resource or function, by name. */
export type PropertyTable = Readonly<Record<string, Property>>;

function isOfKind(value: unknown, kind: PropertyKind): boolean {
  const isText = (item: unknown): boolean => typeof item === "string";
  if (typeof kind !== "string") {
    return isText(value) && kind.includes(value as string);
  }
  switch (kind) {
    case "list of strings":
    case "set of strings":
      return Array.isArray(value) && value.every((item) => isUnknown(item) || isText(item));
    case "map of strings":
      return (
        isObject(value) && Object.values(value).every((item) => isUnknown(item) || isText(item))
      );
    case "object":
      return isObject(value);
    case "list":
      return Array.isArray(value);
    case "asset or archive":
      return asAsset(value) !== undefined || asArchive(value) !== undefined;
    case "string":
    case "number":
    case "boolean":
      return typeof value === kind;
  }
}

function describeKind(kind: PropertyKind): string {
  if (typeof kind !== "string") return `one of ${kind.join(", ")}`;
  return /^[ao]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}

/** Every problem of the unwrapped inputs; empty if there is none. Values that are not known yet pass. */
export function checkProperties(inputs: Properties, table: PropertyTable): provider.CheckFailure[] {
  const known = Object.keys(table);
  const strange = Object.keys(inputs)
    .filter((property) => !known.includes(property))
    .map((property) => ({
      property,
      reason: `is not among what this stand-in knows: ${known.sort().join(", ")}`,
    }));
  const wrong = Object.entries(table).flatMap(([property, { kind, required }]) => {
    const value = inputs[property];
    if (value === undefined) {
      return required ? [{ property, reason: `is missing; it must be ${describeKind(kind)}` }] : [];
    }
    return isUnknown(value) || isOfKind(value, kind)
      ? []
      : [{ property, reason: `must be ${describeKind(kind)}` }];
  });
  return [...strange, ...wrong];
}

/** What of an old value counts beside a new one. */
function comparable(old: unknown, wanted: unknown, { kind, computed }: Property): unknown {
  if (kind === "set of strings" && Array.isArray(old)) return [...(old as string[])].sort();
  if (computed === true && isObject(old) && isObject(wanted)) {
    return Object.fromEntries(Object.keys(wanted).map((key) => [key, old[key]]));
  }
  return old;
}

/** Names of the inputs that differ between state and new inputs; a value not known yet differs. */
export function changedProperties(
  table: PropertyTable,
  state: Properties,
  inputs: Properties,
): string[] {
  const complete = withDefaults(state, table);
  return Object.entries(table)
    .filter(([key, property]) => {
      const wanted = inputs[key];
      if (wanted === undefined && property.computed === true) return false;
      const old = comparable(complete[key], wanted, property);
      return isUnknown(wanted) || !sameValue(old, comparable(wanted, wanted, property));
    })
    .map(([key]) => key);
}

/** Those of the changed properties that cannot be changed in place. */
export function replacingProperties(
  table: PropertyTable,
  changed: readonly string[],
  inputs: Properties,
): string[] {
  return changed.filter((key) => {
    const replaces = table[key]?.replaces;
    return typeof replaces === "function" ? replaces(inputs) : replaces === true;
  });
}

/** The inputs as they came, with defaults for what was not given. */
export function withDefaults(inputs: Properties, table: PropertyTable): Properties {
  const missing = Object.entries(table).filter(
    ([property, { default: value }]) =>
      value !== undefined && (inputs[property] === undefined || inputs[property] === null),
  );
  return {
    ...inputs,
    ...Object.fromEntries(missing.map(([property, { default: value }]) => [property, value])),
  };
}
