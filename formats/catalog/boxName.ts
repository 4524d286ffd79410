import { shown } from "../problems";

const PART = "[A-Za-z0-9_][A-Za-z0-9_.-]*";
const PATTERN = new RegExp(`^${PART}(?:/${PART})?$`);

/**
 * What is wrong with a box name, as sentences; empty if nothing is.
 *
 * A name is `name` or `organisation/name`, each part of ASCII letters, digits, underscores, dots and
 * hyphens and starting with none of the last two, 128 characters at most: what Vagrant, its
 * registries and file systems all take. Vagrant keeps a box in a folder in whose name `/` is written
 * `-VAGRANTSLASH-` and `:` is `-VAGRANTCOLON-`, so a name must hold neither.
 */
export function boxNameProblems(name: unknown): string[] {
  const allowed =
    "must be name or organisation/name of letters, digits, underscores, dots and hyphens, 128 characters at most";
  if (typeof name !== "string" || name.length > 128 || !PATTERN.test(name)) {
    return [`${shown(name)} is no box name; it ${allowed}.`];
  }
  return /-VAGRANT(SLASH|COLON)-/.test(name)
    ? [`${shown(name)} is no box name; -VAGRANTSLASH- and -VAGRANTCOLON- are Vagrant's own marks.`]
    : [];
}

/** The machine name VirtualBox gets from a box name: the slash as a hyphen, from its first letter or digit on. */
export function machineName(boxName: string): string {
  return (
    boxName
      .replace("/", "-")
      .replace(/^[^A-Za-z0-9]+/, "")
      .slice(0, 80) || "box"
  );
}
