import { setTimeout as sleep } from "node:timers/promises";

import { catalogText, parseCatalog, type Catalog } from "../../formats/catalog";
import { progressTeller } from "../../formats/cli/command";
import { catalogStanding, standingOf } from "../../settings/catalogStanding";
import { BucketObjects, type BucketArgs } from "./bucketObjects";
import { urlBelow } from "./bucketUrl";
import { digestFile } from "./fileUpload";
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

/** How long to go on when other builds keep changing the same catalog, in milliseconds. */
const CONFLICT_LIMIT = 60_000;

interface CatalogState {
  readonly catalog: Catalog;
  readonly tag: string;
}

/** A bucket of Amazon S3 as the place of boxes; see {@link BucketObjects} for the permissions it needs. */
export class BucketStore implements RegistryStore {
  public readonly place: string;
  private readonly objects: BucketObjects;

  /** @param baseUrl where people find what is below the prefix; left out, S3's own address */
  constructor(
    args: BucketArgs,
    private readonly baseUrl?: string,
  ) {
    this.objects = new BucketObjects(args);
    this.place = this.objects.place;
  }

  public url(key: string): string {
    return this.baseUrl === undefined ? this.objects.url(key) : urlBelow(this.baseUrl, key);
  }

  public locate(key: string): string {
    return this.url(key);
  }

  public at(key: string): string {
    return this.objects.url(key);
  }

  public async readCatalog(boxName: string): Promise<Catalog | undefined> {
    return (await this.readState(boxName))?.catalog;
  }

  public async updateCatalog(
    boxName: string,
    change: (catalog: Catalog | undefined) => Catalog,
  ): Promise<CatalogUpdate> {
    const key = catalogKey(boxName);
    const deadline = performance.now() + CONFLICT_LIMIT;
    while (performance.now() < deadline) {
      const before = await this.readState(boxName);
      const catalog = change(before?.catalog);
      if (catalog === before?.catalog) return { catalog, changed: false };
      const condition = before ? { IfMatch: before.tag } : { IfNoneMatch: "*" };
      const options = { CacheControl: "no-cache", ...condition };
      if (await this.objects.put(key, "application/json", catalogText(catalog), options)) {
        return { catalog, changed: true };
      }
      // Spread, so that two builds do not meet again at once.
      await sleep(100 + Math.random() * 900);
    }
    throw new Error(
      `${this.place}${key} kept being changed by others for ${CONFLICT_LIMIT / 1000} s; try again`,
    );
  }

  /** Boxes first: a report without its box would be of no use to anyone. */
  public async addVersion(files: VersionFiles): Promise<void> {
    const { boxName, version, boxes, documents, recipe } = files;
    for (const box of boxes) await this.addBox(versionKey(boxName, version, box.name), box, recipe);
    for (const { name, contentType, content } of documents) {
      await this.objects.put(versionKey(boxName, version, name), contentType, content);
    }
  }

  public async writePage(key: string, contentType: string, text: string): Promise<void> {
    await this.objects.put(key, contentType, text, { CacheControl: "no-cache" });
  }

  /** An object may have the name that others begin with, so that older Vagrants find theirs too. */
  public shorthandKeys(boxName: string): string[] {
    return [shorthandKey(boxName), boxName];
  }

  public listFiles(boxName?: string): Promise<StoredFile[]> {
    return this.objects.list(boxName === undefined ? "" : `${boxName}/`);
  }

  public removeVersion(boxName: string, version: string): Promise<void> {
    return this.objects.removeBelow(`${versionKey(boxName, version)}/`);
  }

  public async checkVersion(
    boxName: string,
    version: string,
    recipe: string,
    boxes: readonly string[],
  ): Promise<string[]> {
    const keys = boxes.map((box) => versionKey(boxName, version, box));
    try {
      await this.objects.probe(keys[0] ?? catalogKey(boxName));
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
    const catalog = await this.readCatalog(boxName);
    const { catalogued, gone } = standingOf(catalogStanding(catalog), version);
    const report = await this.objects.read(versionKey(boxName, version, "report.json"));
    const standing = (await Promise.all(keys.map((key) => this.objects.look(key)))).find(Boolean);
    const isNew = !catalogued && gone === undefined;
    if (isNew && report === undefined && standing === undefined) return [];
    return versionProblems(boxName, version, recipe, this.place + versionKey(boxName, version), {
      recipe: standing?.recipe ?? recipeOf(report?.text),
      catalogued,
      ...(gone !== undefined && { gone }),
    });
  }

  private async readState(boxName: string): Promise<CatalogState | undefined> {
    const key = catalogKey(boxName);
    const found = await this.objects.read(key);
    if (found === undefined) return undefined;
    const refuse = (reason: string): Error =>
      new Error(`${this.place}${key} is damaged or no catalog: ${reason}`);
    let catalog: Catalog;
    try {
      catalog = parseCatalog(found.text);
    } catch (error) {
      throw refuse(error instanceof Error ? error.message : String(error));
    }
    if (catalog.name !== boxName) throw refuse(`it is the catalog of ${catalog.name}`);
    return { catalog, tag: found.tag };
  }

  /** Stores a box, or takes the one there as it is when S3's checksum of it is that of the file. */
  private async addBox(
    key: string,
    { name, file, sha256 }: VersionBox,
    recipe: string,
  ): Promise<void> {
    const digest = await digestFile(file);
    if (digest.sha256 !== sha256) {
      throw new Error(`${file} has the sha256 ${digest.sha256}, not ${sha256}; make the box again`);
    }
    if ((await this.objects.look(key)) === undefined) {
      await this.objects.upload(key, file, recipe, progressTeller("publish", `uploading ${name}`));
    }
    const stored = await this.objects.look(key);
    if (stored === undefined) {
      throw new Error(
        `${this.place}${key} was stored and cannot be read back; allow s3:GetObject there`,
      );
    }
    if (stored.bytes === digest.bytes && stored.checksum === digest.checksum) return;
    throw new Error(
      `${this.place}${key} is there already with another content (${stored.bytes} bytes, checksum ${stored.checksum}; this one has ${digest.bytes}, ${digest.checksum}); published boxes never change: choose another version`,
    );
  }
}

function recipeOf(report: string | undefined): string | undefined {
  try {
    return (JSON.parse(report ?? "") as { recipe?: string }).recipe;
  } catch {
    return undefined;
  }
}
