import { catalogStanding, standingOf } from "../../settings/catalogStanding";
import { emptyCatalog } from "../../formats/catalog";
import type { RegistryStore } from "../publish/registryStore";
import { noSuchBox } from "./changeStanding";
import { storedVersions, type StoredVersion } from "./inventory";
import { retain } from "./retention";
import { noteRemoved, type RegistryCatalog } from "./standing";
import { writeCatalogPages } from "./writePages";

/** What is to stay of a box. */
export interface Pruning {
  /** How many of the newest listed versions stay; all when left out. */
  readonly keep?: number | undefined;
  readonly now: Date;
}

/** What goes, or went. */
export interface Pruned {
  /** Versions that are too old, the oldest first. */
  readonly retired: readonly string[];
  /** Files that no catalog names: what publications that were killed left. */
  readonly orphans: readonly StoredVersion[];
  /** The same, too young to tell from what a build is writing now. */
  readonly young: readonly StoredVersion[];
}

/** A publication writes its boxes within hours; what no catalog has named for a day was given up. */
const orphanMs = 24 * 60 * 60 * 1000;

/**
 * What a pruning would remove; changes nothing.
 *
 * @throws Error when there is neither a catalog nor a file of the box
 */
export async function planPruning(
  store: RegistryStore,
  boxName: string,
  { keep, now }: Pruning,
): Promise<Pruned> {
  const catalog = (await store.readCatalog(boxName)) as RegistryCatalog | undefined;
  const versions = storedVersions(await store.listFiles(boxName), boxName);
  if (catalog === undefined && versions.length === 0) throw await noSuchBox(store, boxName);
  const standing = catalogStanding(catalog);
  const unnamed = versions.filter(({ version, isUnfinished }) => {
    const { catalogued, gone } = standingOf(standing, version);
    return isUnfinished || (!catalogued && gone !== "withdrawn");
  });
  // The catalog has said of a removed version that it is gone: nobody writes it.
  const isDue = ({ version, modified }: StoredVersion): boolean =>
    standing.removed.includes(version) || now.getTime() - modified.getTime() > orphanMs;
  return {
    retired:
      catalog === undefined || keep === undefined ? [] : retain(catalog, { newest: keep }).removed,
    orphans: unnamed.filter(isDue),
    young: unnamed.filter((each) => !isDue(each)),
  };
}

/**
 * Removes versions that are too old and files that no catalog names. The catalog is changed first and notes their
 * numbers: from then on no build adopts or makes them, so that nothing is ever served without its files. What a
 * crash leaves in between, the next pruning finds.
 *
 * @returns what was removed
 */
export async function prune(
  store: RegistryStore,
  boxName: string,
  pruning: Pruning,
): Promise<Pruned> {
  const planned = await planPruning(store, boxName, pruning);
  const unnamed = planned.orphans.filter(({ isUnfinished }) => !isUnfinished);
  let retired: readonly string[] = [];
  let claimed: readonly string[] = [];
  if (planned.retired.length + unnamed.length > 0) {
    await store.updateCatalog(boxName, (current) => {
      const catalog = (current ?? emptyCatalog(boxName)) as RegistryCatalog;
      const standing = catalogStanding(catalog);
      // A build may have adopted one since it was looked at.
      claimed = unnamed
        .map(({ version }) => version)
        .filter((version) => {
          const { catalogued, gone } = standingOf(standing, version);
          return !catalogued && gone !== "withdrawn";
        });
      const { keep } = pruning;
      const kept =
        keep === undefined ? { catalog, removed: [] } : retain(catalog, { newest: keep });
      retired = kept.removed;
      return noteRemoved(kept.catalog, claimed);
    });
  }
  const orphans = planned.orphans.filter(
    ({ version, isUnfinished }) => isUnfinished || claimed.includes(version),
  );
  for (const version of [...retired, ...orphans.map((each) => each.version)]) {
    await store.removeVersion(boxName, version);
  }
  if (retired.length > 0) await writeCatalogPages(store, boxName);
  return { ...planned, retired, orphans };
}

/** What was removed, as one sentence says it; undefined when nothing was. */
export function prunedText({ retired, orphans }: Pruned): string | undefined {
  const parts = [
    ...(retired.length > 0 ? [retired.join(", ")] : []),
    ...(orphans.length > 0
      ? [`${orphans.map(({ version }) => version).join(", ")} (in no catalog)`]
      : []),
  ];
  return parts.length === 0 ? undefined : parts.join("; ");
}
