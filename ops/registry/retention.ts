import { compareVersions } from "../../formats/catalog";
import type { RegistryCatalog } from "./standing";

/** Which versions of a box are kept. */
export interface Retention {
  /** How many of the newest listed versions stay; at least 1. */
  readonly newest: number;
  /** Versions that stay whatever their age. */
  readonly pinned: readonly string[];
}

/** A catalog after old versions were dropped, and the versions whose files may go. */
export interface Retained {
  readonly catalog: RegistryCatalog;
  /** Oldest first. */
  readonly removed: readonly string[];
}

/**
 * Drops the versions that are neither among the newest nor pinned. A withdrawn version goes once it is
 * older than every listed version that stays: nobody would bring it back.
 */
export function retain(catalog: RegistryCatalog, { newest, pinned }: Retention): Retained {
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
  return {
    catalog: { ...rest, versions: kept, ...(yanked.length > 0 && { yanked }) },
    removed: [...withdrawn, ...catalog.versions]
      .filter((each) => !stays.has(each))
      .map(({ version }) => version)
      .sort(compareVersions),
  };
}
