import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

/**
 * A digest of files and folders: of every file's path, as given, and its bytes. Two checkouts of the
 * same content have the same digest.
 *
 * @param root folder that relative paths count from
 * @param paths files, or folders taken with all that is in them
 */
export function digestFiles(root: string, paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of paths.flatMap((entry) => listFiles(root, entry)).sort()) {
    const content = fs.readFileSync(path.resolve(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

function listFiles(root: string, entry: string): string[] {
  const full = path.resolve(root, entry);
  if (!fs.statSync(full).isDirectory()) return [entry];
  return fs.readdirSync(full).flatMap((name) => listFiles(root, path.join(entry, name)));
}

/** A digest of values, the same whatever the order of an object's keys. */
export function digestValue(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
