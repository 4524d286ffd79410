import { parseCatalog, type Catalog } from "../formats/catalog";
import type { RegistryCatalog } from "../ops/registry/standing";
import type { PublishedVersion } from "./publishedVersions";

/** Versions of a box by how they stand in its catalog. */
export interface CatalogStanding {
  /** Those that Vagrant finds, in the catalog's order. */
  readonly listed: readonly string[];
  /** Taken back; their files are there. */
  readonly withdrawn: ReadonlySet<string>;
  /** Their files are gone, and their numbers are never given out again. */
  readonly removed: readonly string[];
}

/** How the versions stand in a catalog, or in its text; none does in a text that is no catalog. */
export function catalogStanding(catalog: Catalog | string | undefined): CatalogStanding {
  const { versions, yanked = [], removed = [] } = readable(catalog) as RegistryCatalog;
  return {
    listed: versions.map(({ version }) => version),
    withdrawn: new Set(yanked.map(({ version }) => version)),
    removed,
  };
}

function readable(catalog: Catalog | string = ""): Catalog {
  if (typeof catalog !== "string") return catalog;
  try {
    return parseCatalog(catalog);
  } catch {
    return { name: "", versions: [] };
  }
}

/**
 * A box's versions: those whose files are there, and the numbers that are used up.
 *
 * @param standing the catalog's word on them
 * @param files versions with files, each with the recipe that its report tells
 */
export function versionsOf(
  standing: CatalogStanding,
  files: readonly { readonly version: string; readonly recipe: string | undefined }[],
): PublishedVersion[] {
  const there = new Set(files.map(({ version }) => version));
  const used = standing.removed.filter((version) => !there.has(version));
  return [...files, ...used.map((version) => ({ version, recipe: undefined }))].map(
    (each): PublishedVersion => ({ ...each, ...standingOf(standing, each.version) }),
  );
}

/** How one version stands. */
export function standingOf(
  { listed, withdrawn, removed }: CatalogStanding,
  version: string,
): Pick<PublishedVersion, "catalogued" | "gone"> {
  if (listed.includes(version)) return { catalogued: true };
  if (withdrawn.has(version)) return { catalogued: false, gone: "withdrawn" };
  return { catalogued: false, ...(removed.includes(version) && { gone: "removed" }) };
}
