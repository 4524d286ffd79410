import * as fs from "node:fs";

import {
  addEntry,
  boxNameProblems,
  emptyCatalog,
  versionProblems,
  type Catalog,
  type CatalogEntry,
} from "../../formats/catalog";
import { throwIfAny } from "../../formats/problems";
import type { CostFacts } from "../cost/reportedCost";
import type { ReportedBox, ReportInputs } from "../report/reportData";
import { writeCatalogPages, writeVagrantfile } from "../registry/writePages";
import { makeDocuments } from "./documents";
import { boxFileName, catalogKey, versionKey, type RegistryStore } from "./registryStore";

/** A finished box file. */
export interface BoxFile {
  readonly file: string;
  /** SHA-256 of the file, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  /** Vagrant's name of the provider, such as `virtualbox`. */
  readonly provider: string;
  /** Vagrant's name of the architecture, such as `amd64`. */
  readonly architecture: string;
}

/** The boxes of one version and what is known of them: all are published together, or none is. */
export interface Publication extends Pick<
  ReportInputs,
  "name" | "version" | "provenance" | "stages"
> {
  /** One line for the catalog. */
  readonly description: string;
  /** The first is the one the report is about. */
  readonly boxes: readonly [BoxFile, ...BoxFile[]];
  /** Folder with what the boot proof left: `checks.json` and `console.png`. */
  readonly proofDirectory?: string;
  /** File with the packages in the guest, as provisioning leaves it. */
  readonly packagesFile?: string;
  /** What is known of the build's cost; left out where it has none. */
  readonly cost?: CostFacts;
  /** IPv4 address of the machine in the Vagrantfile to download; see {@link writeVagrantfile}. */
  readonly privateAddress?: string;
}

/** Where a published version is found. */
export interface Published {
  /** The version's own place. */
  readonly path: string;
  /** URL of the first box. */
  readonly boxUrl: string;
  /** URL of every box, in the order given. */
  readonly boxUrls: readonly string[];
  readonly catalogUrl: string;
  readonly reportUrl: string;
  /** Size of all boxes together. */
  readonly bytes: number;
}

/**
 * Publishes a version: its boxes, its report, and last its entry in the catalog, so that nobody is ever
 * served half of it. Publishing the same again changes nothing, and finishes what a publication that was
 * killed left undone.
 *
 * @throws Error, before anything is stored, when the name or the version is none Vagrant takes, the
 *   version is published already with another content, or the catalog that is there cannot be used
 */
export async function publish(store: RegistryStore, publication: Publication): Promise<Published> {
  const { name, version, description, boxes } = publication;
  throwIfAny("publish", [...boxNameProblems(name), ...versionProblems(version), ...twins(boxes)]);
  const key = (file: string): string => versionKey(name, version, file);
  const named = boxes.map((box) => ({
    ...box,
    name: boxFileName(box.provider, box.architecture),
    bytes: fs.statSync(box.file).size,
  }));
  const published = new Date();
  const entries = named.map(
    ({ name: file, sha256, provider, architecture, bytes }): CatalogEntry => ({
      version,
      url: store.url(key(file)),
      sha256,
      provider,
      architecture,
      bytes,
      published,
    }),
  );
  const addAll = (catalog: Catalog | undefined): Catalog =>
    entries.reduce(addEntry, begunCatalog(catalog, name, description));
  // The catalog is written last, but what it would refuse is told first.
  addAll(await store.readCatalog(name));

  const reported = named.map(({ provider, architecture, bytes, sha256 }): ReportedBox => ({
    provider,
    architecture,
    bytes,
    sha256,
  })) as [ReportedBox, ...ReportedBox[]];
  await store.addVersion({
    boxName: name,
    version,
    recipe: publication.provenance["recipe"] ?? "",
    boxes: named,
    documents: makeDocuments(publication, reported, store.locate(catalogKey(name))),
  });
  await store.updateCatalog(name, addAll);
  await writeVagrantfile(store, name, publication.privateAddress);
  await writeCatalogPages(store, name);
  return {
    path: store.at(versionKey(name, version)),
    boxUrl: entries[0]!.url,
    boxUrls: entries.map(({ url }) => url),
    catalogUrl: store.url(catalogKey(name)),
    reportUrl: store.url(key("report.html")),
    bytes: reported.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** A catalog that only notes what was removed was begun by no publication. */
function begunCatalog(catalog: Catalog | undefined, name: string, description: string): Catalog {
  const isBegun = catalog !== undefined && catalog.versions.length > 0;
  return isBegun ? catalog : { ...emptyCatalog(name, description), ...catalog };
}

/** Two boxes for the same provider and architecture would be one file. */
function twins(boxes: readonly BoxFile[]): string[] {
  const names = boxes.map(({ provider, architecture }) => boxFileName(provider, architecture));
  return names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) => `${name} is given twice; a version has one box for a provider and architecture`);
}
