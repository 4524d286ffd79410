import { compareVersions, type Catalog, type CatalogVersion } from "../../formats/catalog";
import { InputError } from "../../formats/problems";

/**
 * A catalog of ours: Vagrant reads `versions` alone, and what was withdrawn stands beside them in
 * `yanked`, so that it can come back and its number is never given out again.
 */
export interface RegistryCatalog extends Catalog {
  readonly yanked?: readonly CatalogVersion[];
  /** Versions that stay whatever their age. */
  readonly pinned?: readonly string[];
  /** Versions whose files are gone: their numbers are never given out again. */
  readonly removed?: readonly string[];
}

/**
 * Withdraws a version: Vagrant no longer finds it. Its files stay, for those who pinned its URL.
 *
 * @throws InputError if the catalog does not list the version, or lists no other
 */
export function yank(catalog: RegistryCatalog, version: string): RegistryCatalog {
  const entry = listed(catalog, version);
  if (catalog.versions.length === 1) {
    throw new InputError("yank", [
      `${version} is the only version of ${catalog.name}, and Vagrant takes a catalog without versions for broken; publish another version first`,
    ]);
  }
  return withStanding(
    catalog,
    catalog.versions.filter((each) => each !== entry),
    [...(catalog.yanked ?? []), entry],
  );
}

/**
 * Brings a withdrawn version back.
 *
 * @throws InputError if the version was not withdrawn
 */
export function restore(catalog: RegistryCatalog, version: string): RegistryCatalog {
  const yanked = catalog.yanked ?? [];
  const entry = yanked.find((each) => each.version === version);
  if (entry === undefined) {
    throw new InputError("restore", [
      `${version} of ${catalog.name} is not withdrawn; withdrawn are: ${versionList(yanked)}`,
    ]);
  }
  return withStanding(
    catalog,
    [...catalog.versions, entry],
    yanked.filter((each) => each !== entry),
  );
}

/**
 * Makes an older version the current one by withdrawing all later ones: Vagrant's current version is
 * always the highest in the catalog.
 *
 * @throws InputError if the catalog does not list the version
 */
export function rollBack(catalog: RegistryCatalog, version: string): RegistryCatalog {
  const current = listed(catalog, version);
  const isLater = (each: CatalogVersion): boolean =>
    compareVersions(each.version, current.version) > 0;
  return withStanding(
    catalog,
    catalog.versions.filter((each) => !isLater(each)),
    [...(catalog.yanked ?? []), ...catalog.versions.filter(isLater)],
  );
}

/**
 * Pins a version, listed or withdrawn: it stays whatever its age.
 *
 * @throws InputError if the catalog does not name the version
 */
export function pin(catalog: RegistryCatalog, version: string): RegistryCatalog {
  if (!(catalog.yanked ?? []).some((each) => each.version === version)) listed(catalog, version);
  const pinned = [...new Set([...(catalog.pinned ?? []), version])].sort(compareVersions);
  return { ...catalog, pinned };
}

/**
 * Takes a pin away.
 *
 * @throws InputError if the version is not pinned
 */
export function unpin(catalog: RegistryCatalog, version: string): RegistryCatalog {
  const { pinned = [], ...rest } = catalog;
  if (!pinned.includes(version)) {
    throw new InputError("unpin", [
      `${version} of ${catalog.name} is not pinned; pinned are: ${pinned.join(", ") || "none"}`,
    ]);
  }
  const left = pinned.filter((each) => each !== version);
  return { ...rest, ...(left.length > 0 && { pinned: left }) };
}

/** Notes versions whose files go: no build adopts them, and none gets their numbers. */
export function noteRemoved(
  catalog: RegistryCatalog,
  versions: readonly string[],
): RegistryCatalog {
  if (versions.length === 0) return catalog;
  const removed = [...new Set([...(catalog.removed ?? []), ...versions])].sort(compareVersions);
  return { ...catalog, removed };
}

function listed(catalog: RegistryCatalog, version: string): CatalogVersion {
  const entry = catalog.versions.find((each) => each.version === version);
  if (entry === undefined) {
    throw new InputError("catalog", [
      `${version} is no version of ${catalog.name}; it has: ${versionList(catalog.versions)}`,
    ]);
  }
  return entry;
}

function versionList(versions: readonly CatalogVersion[]): string {
  return versions.map(({ version }) => version).join(", ") || "none";
}

function withStanding(
  catalog: RegistryCatalog,
  versions: readonly CatalogVersion[],
  yanked: readonly CatalogVersion[],
): RegistryCatalog {
  const changed: Catalog & { yanked?: readonly CatalogVersion[] } = {
    ...catalog,
    versions: inOrder(versions),
    yanked: inOrder(yanked),
  };
  if (yanked.length === 0) delete changed.yanked;
  return changed;
}

/** Vagrant's order, the newest last. */
function inOrder(versions: readonly CatalogVersion[]): CatalogVersion[] {
  return [...versions].sort((a, b) => compareVersions(a.version, b.version));
}
