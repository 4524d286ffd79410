import * as fs from "node:fs";
import * as path from "node:path";

import { changeCatalogFile, folderUrl, readCatalog, type Catalog } from "../../formats/catalog";
import { urlBelow } from "./bucketUrl";
import { listPublishedVersions } from "../../settings/publishedVersions";
import type { Report } from "../report/reportData";
import {
  catalogKey,
  shorthandKey,
  versionKey,
  versionProblems,
  type CatalogUpdate,
  type RegistryStore,
  type StoredFile,
  type VersionBox,
  type VersionFiles,
} from "./registryStore";

/** A folder as the place of boxes. */
export class FolderStore implements RegistryStore {
  public readonly place: string;

  /**
   * @param directory the root; made, with its parents, when something is first stored
   * @param baseUrl where a web server shows that folder; left out, it is read through `file://` URLs
   */
  constructor(
    directory: string,
    private readonly baseUrl?: string,
  ) {
    this.place = path.resolve(directory);
  }

  public url(key: string): string {
    return this.baseUrl === undefined ? folderUrl(this.at(key)) : urlBelow(this.baseUrl, key);
  }

  /** A path where there is no web server: Vagrant takes one for a catalog. */
  public locate(key: string): string {
    return this.baseUrl === undefined ? this.at(key) : this.url(key);
  }

  public at(key: string): string {
    return path.join(this.place, key);
  }

  public readCatalog(boxName: string): Promise<Catalog | undefined> {
    return readCatalog(this.at(catalogKey(boxName)));
  }

  public updateCatalog(
    boxName: string,
    change: (catalog: Catalog | undefined) => Catalog,
  ): Promise<CatalogUpdate> {
    return changeCatalogFile(this.at(catalogKey(boxName)), boxName, change);
  }

  /** The version appears with all its files at once. */
  public addVersion({ boxName, version, boxes, documents }: VersionFiles): Promise<void> {
    const versionDirectory = this.at(versionKey(boxName, version));
    if (fs.existsSync(versionDirectory)) {
      for (const box of boxes) refuseOtherContent(versionDirectory, boxName, version, box);
      return Promise.resolve();
    }
    const boxDirectory = path.dirname(versionDirectory);
    fs.mkdirSync(boxDirectory, { recursive: true });
    removeUnfinished(boxDirectory, version);
    const unfinished = fs.mkdtempSync(path.join(boxDirectory, `.${version}.`));
    try {
      for (const { name, file } of boxes) linkOrCopy(file, path.join(unfinished, name));
      for (const { name, content } of documents) {
        fs.writeFileSync(path.join(unfinished, name), content);
      }
      fs.chmodSync(unfinished, 0o755);
      fs.renameSync(unfinished, versionDirectory);
    } finally {
      fs.rmSync(unfinished, { recursive: true, force: true });
    }
    return Promise.resolve();
  }

  /** Appears at once, whole, to whoever reads the folder. */
  public writePage(key: string, _contentType: string, text: string): Promise<void> {
    const file = this.at(key);
    if (fs.existsSync(file) && fs.readFileSync(file, "utf8") === text) return Promise.resolve();
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const unfinished = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}`);
    fs.writeFileSync(unfinished, text);
    fs.renameSync(unfinished, file);
    return Promise.resolve();
  }

  /** Older Vagrants look at the folder of the box itself, and a folder is no file. */
  public shorthandKeys(boxName: string): string[] {
    return this.baseUrl === undefined ? [] : [shorthandKey(boxName)];
  }

  public listFiles(boxName = ""): Promise<StoredFile[]> {
    const root = this.at(boxName);
    if (!fs.existsSync(root)) return Promise.resolve([]);
    const names = fs.readdirSync(root, { recursive: true, encoding: "utf8" });
    return Promise.resolve(
      names.flatMap((name): StoredFile[] => {
        // What is gone meanwhile is not there.
        const stat = fs.statSync(path.join(root, name), { throwIfNoEntry: false });
        if (stat?.isFile() !== true) return [];
        // A box is another name of a file that may be older than its publication.
        return [{ key: path.join(boxName, name), bytes: stat.size, modified: stat.ctime }];
      }),
    );
  }

  public removeVersion(boxName: string, version: string): Promise<void> {
    return fs.promises.rm(this.at(versionKey(boxName, version)), {
      recursive: true,
      force: true,
    });
  }

  public async checkVersion(boxName: string, version: string, recipe: string): Promise<string[]> {
    const standing = listPublishedVersions(this.place, boxName).find(
      (each) => each.version === version,
    );
    const place = this.at(versionKey(boxName, version));
    return [
      ...(standing ? versionProblems(boxName, version, recipe, place, standing) : []),
      ...(await this.catalogProblems(boxName)),
      ...this.writeProblems(),
    ];
  }

  private async catalogProblems(boxName: string): Promise<string[]> {
    try {
      await this.readCatalog(boxName);
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  }

  /** Written to for real: permissions alone do not tell of a read-only file system. */
  private writeProblems(): string[] {
    let existing = this.place;
    while (!fs.existsSync(existing)) existing = path.dirname(existing);
    try {
      fs.rmdirSync(fs.mkdtempSync(path.join(existing, ".ami2box.")));
      return [];
    } catch {
      return [`${existing} cannot be written to; give another folder for the boxes`];
    }
  }
}

function refuseOtherContent(
  versionDirectory: string,
  boxName: string,
  version: string,
  { name, sha256 }: VersionBox,
): void {
  const published = publishedSha256(path.join(versionDirectory, "report.json"), name);
  if (published === undefined || !fs.existsSync(path.join(versionDirectory, name))) {
    throw new Error(
      `${versionDirectory} is there, but is no published box: it lacks ${name} or report.json; move it away or choose another version`,
    );
  }
  if (published !== sha256) {
    throw new Error(
      `${boxName} ${version} is published already with another content (sha256 ${published}, this one has ${sha256}); choose another version`,
    );
  }
}

/** The digest a report tells of one of its boxes. */
function publishedSha256(report: string, boxFile: string): string | undefined {
  try {
    const { box, boxes = [box] } = JSON.parse(fs.readFileSync(report, "utf8")) as Report;
    return boxes.find((each) => `${each.provider}-${each.architecture}.box` === boxFile)?.sha256;
  } catch {
    return undefined;
  }
}

/** A publication that was killed could not remove its folder. */
function removeUnfinished(boxDirectory: string, version: string): void {
  const prefix = `.${version}.`;
  for (const name of fs.readdirSync(boxDirectory)) {
    // `mkdtemp` adds six characters: the folder of version 1.0 must not be taken for one of 1.
    if (name.startsWith(prefix) && name.length === prefix.length + 6) {
      fs.rmSync(path.join(boxDirectory, name), { recursive: true, force: true });
    }
  }
}

/** A second name costs nothing; only across file systems must the bytes be copied. */
function linkOrCopy(from: string, to: string): void {
  try {
    fs.linkSync(from, to);
  } catch (error) {
    if (!["EXDEV", "EPERM", "EMLINK"].includes((error as NodeJS.ErrnoException).code ?? "")) {
      throw error;
    }
    fs.copyFileSync(from, to, fs.constants.COPYFILE_FICLONE);
  }
}
