import { createHash } from "node:crypto";
import { mkdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import {
  addEntry,
  catalogText,
  emptyCatalog,
  parseCatalog,
  type Catalog,
  type CatalogEntry,
} from "./catalog";

/** How long to wait for another writer, in milliseconds, and how often to look. */
const LOCK_TIMEOUT = 30_000;
const LOCK_INTERVAL = 20;

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/**
 * Listens on a socket that one process at a time can have; undefined if another has it. Linux keeps
 * the name in memory and frees it when its process ends, however it ends, so unlike a lock file it is
 * never left behind.
 */
function tryLock(name: string): Promise<(() => Promise<void>) | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error) => {
      if (hasCode(error, "EADDRINUSE")) resolve(undefined);
      else reject(error);
    });
    server.listen(name, () => {
      resolve(() => new Promise((closed) => server.close(() => closed())));
    });
  });
}

/** Runs `work` while no other process of this machine runs any for the same file. */
async function exclusively<T>(path: string, work: () => Promise<T>): Promise<T> {
  const key = createHash("sha256").update(path).digest("hex").slice(0, 32);
  const deadline = performance.now() + LOCK_TIMEOUT;
  for (;;) {
    const unlock = await tryLock(`\0ami2box-catalog-${key}`);
    if (unlock !== undefined) return await work().finally(unlock);
    if (performance.now() > deadline) {
      throw new Error(
        `${path} was being written by another process for ${LOCK_TIMEOUT / 1000} s: try again when it has ended.`,
      );
    }
    await sleep(LOCK_INTERVAL);
  }
}

/**
 * The catalog in a file; undefined if there is no such file.
 *
 * @throws Error naming the file if it holds no catalog Vagrant would take
 */
export async function readCatalog(path: string): Promise<Catalog | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    return parseCatalog(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${path} is damaged or no catalog: ${reason}`, { cause: error });
  }
}

/** A box to add to a catalog file. */
export interface Publication extends CatalogEntry {
  /** Path of the catalog; created, with its folder, if missing. */
  readonly catalog: string;
  /** Name of the box; must be the one in the catalog. */
  readonly name: string;
  /** Text for a catalog that has to be created. */
  readonly description?: string;
}

/** What became of a catalog file. */
export interface CatalogChange {
  /** The catalog as it is now. */
  readonly catalog: Catalog;
  readonly changed: boolean;
}

/**
 * Changes a catalog file. A reader sees the catalog before or after, never between: it is written beside
 * and renamed. Two processes that change it at once wait for each other.
 *
 * @param given path of the catalog; created, with its folder, if missing
 * @param name name of the box; must be the one in the catalog
 * @param change makes the new catalog from the one there is; the same object means no change
 */
export async function changeCatalogFile(
  given: string,
  name: string,
  change: (catalog: Catalog | undefined) => Catalog,
): Promise<CatalogChange> {
  await mkdir(dirname(given), { recursive: true });
  const path = join(await realpath(dirname(given)), basename(given));
  return exclusively(path, async () => {
    const before = await readCatalog(path);
    if (before !== undefined && before.name !== name) {
      throw new Error(`${path} is the catalog of ${before.name}, not of ${name}: choose another.`);
    }
    const after = change(before);
    if (after === before) return { catalog: before, changed: false };
    const temporary = `${path}.${process.pid}.part`;
    try {
      await writeFile(temporary, catalogText(after));
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    return { catalog: after, changed: true };
  });
}

/**
 * Adds a box to a catalog file; see {@link changeCatalogFile}.
 *
 * @throws InputError if the entry or the catalog is not right, or the version is published already
 *   with another content
 */
export async function publishToFile(publication: Publication): Promise<CatalogChange> {
  const { catalog, name, description, ...entry } = publication;
  const empty = emptyCatalog(name, description);
  addEntry(empty, entry);
  return changeCatalogFile(catalog, name, (before) => addEntry(before ?? empty, entry));
}

/**
 * The URL of a box in a folder. Vagrant takes a path in a catalog as relative to the folder the user
 * happens to be in, so a local catalog needs the whole of it; special characters are escaped.
 */
export function folderUrl(path: string): string {
  return pathToFileURL(path).href;
}
