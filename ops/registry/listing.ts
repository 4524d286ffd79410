import { catalogStanding, standingOf } from "../../settings/catalogStanding";
import type { RegistryStore } from "../publish/registryStore";
import { formatBytes } from "../report/htmlText";
import { noSuchBox } from "./changeStanding";
import { boxNames, storedVersions, type StoredVersion } from "./inventory";
import type { RegistryCatalog } from "./standing";

/** The boxes of a place, each with its current version. */
export async function listBoxes(store: RegistryStore): Promise<string[]> {
  const names = boxNames(await store.listFiles());
  if (names.length === 0) return [`no box in ${store.place}`];
  const rows = await Promise.all(
    names.map(async (name) => {
      const current = (await store.readCatalog(name))?.versions.at(-1)?.version;
      return [name, current ?? "not in a catalog"];
    }),
  );
  return table([["box", "current"], ...rows]);
}

/**
 * The versions of a box, the newest first, with what there is of each and how it stands.
 *
 * @throws Error when there is no such box
 */
export async function listVersions(store: RegistryStore, boxName: string): Promise<string[]> {
  const catalog = (await store.readCatalog(boxName)) as RegistryCatalog | undefined;
  const versions = storedVersions(await store.listFiles(boxName), boxName);
  if (catalog === undefined && versions.length === 0) throw await noSuchBox(store, boxName);
  const current = catalog?.versions.at(-1)?.version;
  const published = new Map(
    [...(catalog?.versions ?? []), ...(catalog?.yanked ?? [])].map(
      ({ version, created_at: at }) => [version, typeof at === "string" ? at.slice(0, 10) : ""],
    ),
  );
  const standing = catalogStanding(catalog);
  const noteOf = ({ version, isUnfinished }: StoredVersion): string => {
    const { catalogued, gone } = standingOf(standing, version);
    const notes = [
      ...(version === current ? ["current"] : []),
      ...(catalog?.pinned?.includes(version) === true ? ["pinned"] : []),
      ...(gone === "withdrawn" ? ["withdrawn"] : []),
    ];
    if (isUnfinished) return "unfinished, in no catalog";
    return catalogued || gone === "withdrawn" ? notes.join(", ") : "in no catalog";
  };
  const there = new Set(versions.map(({ version }) => version));
  const lost = standing.listed.filter((version) => !there.has(version));
  return table([
    ["version", "size", "published", "standing"],
    ...[...versions]
      .reverse()
      .map((each) => [
        each.version,
        formatBytes(each.bytes),
        published.get(each.version) ?? each.modified.toISOString().slice(0, 10),
        noteOf(each),
      ]),
    ...lost.map((version) => [version, "", published.get(version) ?? "", "ITS FILES ARE GONE"]),
  ]);
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}
