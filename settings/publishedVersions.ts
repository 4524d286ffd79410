import * as fs from "node:fs";
import * as path from "node:path";

import { parseCatalog } from "../formats/catalog";

/** A version of a box that stands in the catalog folder. */
export interface PublishedVersion {
  readonly version: string;
  /** The recipe it was made from, as its report has it. */
  readonly recipe: string | undefined;
  /** Whether the catalog names it: only then can Vagrant find it. */
  readonly catalogued: boolean;
}

/** The versions of a box published under a folder; none when the folder or the box is not there yet. */
export function listPublishedVersions(directory: string, boxName: string): PublishedVersion[] {
  const boxDirectory = path.join(directory, boxName);
  if (!fs.existsSync(boxDirectory) || !fs.statSync(boxDirectory).isDirectory()) return [];
  const catalogued = versionsInCatalog(path.join(boxDirectory, "catalog.json"));
  return fs
    .readdirSync(boxDirectory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => ({
      version: entry.name,
      recipe: recipeOf(path.join(boxDirectory, entry.name, "report.json")),
      catalogued: catalogued.has(entry.name),
    }));
}

function versionsInCatalog(catalog: string): ReadonlySet<string> {
  try {
    const { versions } = parseCatalog(fs.readFileSync(catalog, "utf8"));
    return new Set(versions.map(({ version }) => version));
  } catch {
    return new Set();
  }
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
 * published from the same recipe keeps its version, so that running twice makes one box.
 */
export function defaultVersion(
  published: readonly PublishedVersion[],
  recipe: string,
  today: Date,
): string {
  const same = published.find((entry) => entry.recipe === recipe);
  if (same !== undefined) return same.version;
  const day = today.toISOString().slice(0, 10).replaceAll("-", "");
  const taken = new Set(published.map(({ version }) => version));
  let counter = 0;
  while (taken.has(`${day}.${counter}.0`)) counter++;
  return `${day}.${counter}.0`;
}
