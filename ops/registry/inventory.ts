import { compareVersions, versionProblems } from "../../formats/catalog";
import type { StoredFile } from "../publish/registryStore";

/** A version of a box by its files. */
export interface StoredVersion {
  /** Its number; of what a killed publication left, the name of its folder. */
  readonly version: string;
  /** Of all its files. */
  readonly bytes: number;
  /** When the newest of them was written. */
  readonly modified: Date;
  /** Whether it is what a killed publication left in a folder: nobody can find it. */
  readonly isUnfinished: boolean;
}

/** `NAME/VERSION/FILE`, where NAME may have an organisation in front. */
const filePattern = /^(?<box>[^/]+(?:\/[^/]+)?)\/(?<version>[^/]+)\/[^/]+$/;
const unfinishedPattern = /^\.(?<version>.+)\.[A-Za-z0-9]{6}$/;

/** The boxes that files are of, with a catalog or without. */
export function boxNames(files: readonly StoredFile[]): string[] {
  const names = files.flatMap(({ key }) => {
    const catalog = /^([^/]+(?:\/[^/]+)?)\/catalog\.json$/.exec(key)?.[1];
    if (catalog !== undefined) return [catalog];
    const { box, version = "" } = filePattern.exec(key)?.groups ?? {};
    return box !== undefined && key.endsWith(".box") && isVersion(version) ? [box] : [];
  });
  return [...new Set(names)].sort();
}

/** The versions of a box that files are of, the oldest first. */
export function storedVersions(files: readonly StoredFile[], boxName: string): StoredVersion[] {
  const versions = new Map<string, StoredVersion>();
  for (const { key, bytes, modified } of files) {
    const { box, version = "" } = filePattern.exec(key)?.groups ?? {};
    const unfinished = unfinishedPattern.exec(version)?.groups?.["version"];
    if (box !== boxName || !isVersion(unfinished ?? version)) continue;
    const before = versions.get(version);
    versions.set(version, {
      version,
      bytes: bytes + (before?.bytes ?? 0),
      modified: before && before.modified > modified ? before.modified : modified,
      isUnfinished: unfinished !== undefined,
    });
  }
  return [...versions.values()].sort((a, b) =>
    a.isUnfinished || b.isUnfinished
      ? Number(a.isUnfinished) - Number(b.isUnfinished)
      : compareVersions(a.version, b.version),
  );
}

function isVersion(text: string): boolean {
  return versionProblems(text).length === 0;
}
