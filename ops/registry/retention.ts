import { compareVersions } from "../../formats/catalog";
import { noteRemoved, type RegistryCatalog } from "./standing";

/** Which versions of a box are kept. */
export interface Retention {
  /** How many of the newest listed versions stay; at least 1. */
  readonly newest: number;
}

/** A catalog after old versions were dropped and their numbers noted, and the versions whose files may go. */
export interface Retained {
  readonly catalog: RegistryCatalog;
  /** Oldest first. */
  readonly removed: readonly string[];
}

/**
 * Drops the versions that are neither among the newest nor pinned. What was published last stays, even as an
 * older number than those: it was not made to be thrown away. A withdrawn version goes once it is
 * older than every listed version that stays: nobody would bring it back.
 */
export function retain(catalog: RegistryCatalog, { newest }: Retention): Retained {
  const pinned = [...(catalog.pinned ?? []), ...lastPublished(catalog)];
  const kept = catalog.versions.filter(
    ({ version }, index) => index >= catalog.versions.length - newest || pinned.includes(version),
  );
  const oldest = kept.find(({ version }) => !pinned.includes(version)) ?? kept[0];
  const yanked = (catalog.yanked ?? []).filter(
    ({ version }) =>
      pinned.includes(version) ||
      oldest === undefined ||
      compareVersions(version, oldest.version) > 0,
  );
  const stays = new Set([...kept, ...yanked]);
  const { yanked: withdrawn = [], ...rest } = catalog;
  const removed = [...withdrawn, ...catalog.versions]
    .filter((each) => !stays.has(each))
    .map(({ version }) => version)
    .sort(compareVersions);
  if (removed.length === 0) return { catalog, removed };
  const left = { ...rest, versions: kept, ...(yanked.length > 0 && { yanked }) };
  return { catalog: noteRemoved(left, removed), removed };
}

function lastPublished({ versions }: RegistryCatalog): string[] {
  const times = versions.map(({ created_at: at }) => (typeof at === "string" ? Date.parse(at) : 0));
  const latest = Math.max(0, ...times);
  return latest === 0 ? [] : [versions[times.lastIndexOf(latest)]!.version];
}
