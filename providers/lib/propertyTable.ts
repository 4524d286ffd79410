import type { provider } from "@pulumi/pulumi";
import { asArchive, asAsset, isObject, isUnknown, type Properties } from "./wireValues";

/** What an input property may hold. An array of strings is a closed choice. */
export type PropertyKind =
  | "string"
  | "number"
  | "boolean"
  | "list of strings"
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
  /** A change of this property replaces the resource instead of updating it. */
  readonly replaces?: true;
  /** Filled in by the provider when it is not given, so that leaving it out changes nothing. */
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
  return Object.entries(table).flatMap(([property, { kind, required }]) => {
    const value = inputs[property];
    if (value === undefined) {
      return required ? [{ property, reason: `is missing; it must be ${describeKind(kind)}` }] : [];
    }
    return isUnknown(value) || isOfKind(value, kind)
      ? []
      : [{ property, reason: `must be ${describeKind(kind)}` }];
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
