import * as fs from "node:fs";
import * as path from "node:path";

import { shown } from "../formats/problems";

/**
 * The names of the fixes, in the order they are applied: those of the scripts in `scripts/fixes`, without
 * their number.
 */
export function listFixes(projectDirectory: string): string[] {
  return fs
    .readdirSync(path.join(projectDirectory, "scripts/fixes"))
    .sort()
    .flatMap((file) => /^\d\d-(.+)\.sh$/.exec(file)?.[1] ?? []);
}

/** What is wrong with the names of fixes that are to be left out, a sentence each. */
export function fixProblems(skipped: readonly string[], projectDirectory: string): string[] {
  if (skipped.length === 0) return [];
  const known = listFixes(projectDirectory);
  return skipped
    .filter((name) => !known.includes(name))
    .map(
      (name) => `provisioning.skipFixes: ${shown(name)} is not a fix; allowed: ${known.join(", ")}`,
    );
}
