import type { Catalog } from "../../formats/catalog";
import type { PublishedVersion } from "../../settings/publishedVersions";

/**
 * Where boxes are published. Everything has a key below the store's root, the same in every kind:
 *
 *     NAME/catalog.json
 *     NAME/index.html, Vagrantfile
 *     api/v2/vagrant/ORGANISATION/BOX        the catalog again, for Vagrant's shorthand
 *     NAME/VERSION/PROVIDER-ARCHITECTURE.box
 *     NAME/VERSION/report.html, report.json, console.png, SHA256SUMS
 */
export interface RegistryStore {
  /** The store's root, as messages name it. */
  readonly place: string;
  /** The URL at which Vagrant and people find a key. */
  url(key: string): string;
  /** What `vagrant box add` is given for a key, and what messages name it by. */
  locate(key: string): string;
  /** Where a key stands, whatever URL shows it: a path, or a URL of S3. */
  at(key: string): string;

  /**
   * The catalog of a box; undefined where there is none.
   *
   * @throws Error when what stands there is no catalog
   */
  readCatalog(boxName: string): Promise<Catalog | undefined>;

  /**
   * Changes a catalog as one step: readers see it before or after, and of several that change it at once
   * each builds on the other.
   *
   * @param change makes the new catalog from the one there is; the same object means no change. It may be
   *   called more than once
   * @returns the catalog as it is now, and whether it was changed
   */
  updateCatalog(
    boxName: string,
    change: (catalog: Catalog | undefined) => Catalog,
  ): Promise<CatalogUpdate>;

  /**
   * Stores the files of a version, which nobody is told of yet. A version that is there with the same boxes
   * is taken as it is, and what is missing of it is added.
   *
   * @throws Error when a box with another content stands there: a box never changes
   */
  addVersion(version: VersionFiles): Promise<void>;

  /** Stores what is made from a catalog, in place of what stands at that key. */
  writePage(key: string, contentType: string, text: string): Promise<void>;

  /**
   * Keys at which Vagrant looks for `organisation/name` below VAGRANT_SERVER_URL, the store's root; none
   * where the store is served by nothing.
   */
  shorthandKeys(boxName: string): string[];

  /** The files of a box, or of everything that is there. */
  listFiles(boxName?: string): Promise<StoredFile[]>;

  /** Removes the files of a version that no catalog names any more; what is gone already is no error. */
  removeVersion(boxName: string, version: string): Promise<void>;

  /**
   * Why a version cannot be published, found without changing anything; empty when it can.
   *
   * @param recipe digest of what the version is made from
   * @param boxes file names of the boxes it is to have
   */
  checkVersion(
    boxName: string,
    version: string,
    recipe: string,
    boxes: readonly string[],
  ): Promise<string[]>;
}

/** A file in a store. */
export interface StoredFile {
  readonly key: string;
  readonly bytes: number;
  readonly modified: Date;
}

export interface CatalogUpdate {
  readonly catalog: Catalog;
  readonly changed: boolean;
}

/** The files of one version of a box. */
export interface VersionFiles {
  readonly boxName: string;
  readonly version: string;
  /** Digest of what the version is made from. */
  readonly recipe: string;
  readonly boxes: readonly VersionBox[];
  /** Small files beside the boxes, in the order they are stored in. */
  readonly documents: readonly VersionDocument[];
}

export interface VersionBox {
  /** Name in the version's folder. */
  readonly name: string;
  /** The file to be stored. */
  readonly file: string;
  /** SHA-256 of the file, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

export interface VersionDocument {
  readonly name: string;
  readonly contentType: string;
  readonly content: Uint8Array;
}

/** Name of a box file: `virtualbox-amd64.box`. */
export function boxFileName(provider: string, architecture: string): string {
  return `${provider}-${architecture}.box`;
}

/** Key of a box's catalog. */
export function catalogKey(boxName: string): string {
  return `${boxName}/catalog.json`;
}

/** Key of a version, or of a file of it. */
export function versionKey(boxName: string, version: string, file?: string): string {
  return [boxName, version, ...(file === undefined ? [] : [file])].join("/");
}

/**
 * What keeps a version from being made, told from what stands under it already. A version that a crash
 * kept from the catalog may be made again from the same inputs: that mends it.
 *
 * @param place where the version stands
 * @param standing its recipe, if its report tells one, and how the catalog names it
 */
export function versionProblems(
  boxName: string,
  version: string,
  recipe: string,
  place: string,
  standing: Pick<PublishedVersion, "recipe" | "catalogued" | "gone">,
): string[] {
  if (standing.gone !== undefined) {
    const remedy = standing.gone === "withdrawn" ? "restore it, or choose" : "choose";
    return [
      `${boxName} ${version} was ${standing.gone} from ${place}; ${remedy} another version, as a number is never used twice`,
    ];
  }
  if (standing.recipe !== recipe) {
    return [
      `${boxName} ${version} is published already, from other inputs, in ${place}; choose another version, as published ones never change`,
    ];
  }
  return standing.catalogued
    ? [
        `${boxName} ${version} is published already, from the same inputs, in ${place}; there is nothing to do`,
      ]
    : [];
}

/** Where Vagrant from 2.4.2 on looks for a box it is given as `organisation/name`. */
export function shorthandKey(boxName: string): string {
  return `api/v2/vagrant/${boxName}`;
}
