import * as fs from "node:fs";
import * as path from "node:path";

import { catalogStanding, versionsOf } from "./catalogStanding";

/** A version of a box that stands in the catalog folder. */
export interface PublishedVersion {
  readonly version: string;
  /** The recipe it was made from, as its report has it. */
  readonly recipe: string | undefined;
  /** Whether the catalog names it: only then can Vagrant find it. */
  readonly catalogued: boolean;
  /** Of a version that the catalog names as one that is no more: taken back, or its files removed. */
  readonly gone?: "withdrawn" | "removed";
}

/** The versions of a box published under a folder; none when the folder or the box is not there yet. */
export function listPublishedVersions(directory: string, boxName: string): PublishedVersion[] {
  const boxDirectory = path.join(directory, boxName);
  if (!fs.existsSync(boxDirectory) || !fs.statSync(boxDirectory).isDirectory()) return [];
  const folders = fs
    .readdirSync(boxDirectory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
  return versionsOf(
    catalogStanding(readIfThere(path.join(boxDirectory, "catalog.json"))),
    folders.map(({ name: version }) => ({
      version,
      recipe: recipeOf(path.join(boxDirectory, version, "report.json")),
    })),
  );
}

function readIfThere(file: string): string | undefined {
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
}

function recipeOf(report: string): string | undefined {
  try {
    const parsed = JSON.parse(fs.readFileSync(report, "utf8")) as { recipe?: unknown };
    return typeof parsed.recipe === "string" ? parsed.recipe : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The version of a box whose settings name none: the day in UTC and a counter, `20261124.0.0`. What was
 * published from the same recipe keeps its version, so that running twice makes one box; of several such, the
 * one that Vagrant finds.
 */
export function defaultVersion(
  published: readonly PublishedVersion[],
  recipe: string,
  today: Date,
): string {
  const made = published.filter((entry) => entry.recipe === recipe);
  const same = made.find(({ catalogued }) => catalogued) ?? made[0];
  if (same !== undefined) return same.version;
  const day = today.toISOString().slice(0, 10).replaceAll("-", "");
  const taken = new Set(published.map(({ version }) => version));
  let counter = 0;
  while (taken.has(`${day}.${counter}.0`)) counter++;
  return `${day}.${counter}.0`;
}
