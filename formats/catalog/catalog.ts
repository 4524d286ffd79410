import { InputError, shown, throwIfAny } from "../problems";
import { boxNameProblems } from "./boxName";
import { compareVersions, versionProblems } from "./version";

/** A box file of one version, as Vagrant reads it; fields unknown here are kept. */
export interface CatalogProvider {
  readonly name: string;
  readonly url: string;
  readonly checksum?: string;
  readonly checksum_type?: string;
  readonly architecture?: string;
  readonly default_architecture?: boolean;
  readonly [other: string]: unknown;
}

/** A version and its box files. */
export interface CatalogVersion {
  readonly version: string;
  readonly providers: readonly CatalogProvider[];
  readonly [other: string]: unknown;
}

/** A catalog: the JSON Vagrant loads to find a box's versions (Vagrant documentation, "Box Repository"). */
export interface Catalog {
  readonly name: string;
  readonly description?: string;
  readonly versions: readonly CatalogVersion[];
  readonly [other: string]: unknown;
}

/** A box to be published. */
export interface CatalogEntry {
  readonly version: string;
  /** Where Vagrant downloads it: http, https or file URL. */
  readonly url: string;
  /** SHA-256 of the box, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  /** Default `virtualbox`. */
  readonly provider?: string;
  /** Default `amd64`. */
  readonly architecture?: string;
  /** Size of the box, bytes; Vagrant ignores it, people do not. */
  readonly bytes?: number;
  /** When the version was first published; Vagrant ignores it too. */
  readonly published?: Date;
}

/** Vagrant takes a larger local file for a box, not a catalog (`METADATA_SIZE_LIMIT`). */
const SIZE_LIMIT = 20 << 20;

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function providerProblems(provider: unknown, place: string): string[] {
  if (!isObject(provider)) return [`${place} is ${shown(provider)}, but must be an object.`];
  return ["name", "url"]
    .filter((field) => typeof provider[field] !== "string" || provider[field] === "")
    .map((field) => `${place}.${field} is ${shown(provider[field])}, but must be a text.`);
}

function versionEntryProblems(version: unknown, place: string): string[] {
  if (!isObject(version)) return [`${place} is ${shown(version)}, but must be an object.`];
  const { providers } = version;
  return [
    ...versionProblems(version["version"]).map((problem) => `${place}: ${problem}`),
    ...(Array.isArray(providers)
      ? providers.flatMap((each, index) => providerProblems(each, `${place}.providers[${index}]`))
      : [`${place}.providers is ${shown(providers)}, but must be a list.`]),
  ];
}

/**
 * Reads a catalog.
 *
 * @throws SyntaxError if the text is no JSON
 * @throws InputError with everything in it that would make Vagrant refuse it
 */
export function parseCatalog(text: string): Catalog {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) {
    throw new InputError("catalog", [`it is ${shown(value)}, but must be an object.`]);
  }
  const { name, versions } = value;
  throwIfAny("catalog", [
    ...(typeof name === "string" && name !== ""
      ? []
      : [`name is ${shown(name)}, but must be the box's name.`]),
    ...(Array.isArray(versions)
      ? versions.flatMap((each, index) => versionEntryProblems(each, `versions[${index}]`))
      : [`versions is ${shown(versions)}, but must be a list.`]),
  ]);
  return value as Catalog;
}

/** A catalog without versions. */
export function emptyCatalog(name: string, description?: string): Catalog {
  throwIfAny("catalog", boxNameProblems(name));
  return { name, ...(description === undefined ? {} : { description }), versions: [] };
}

/**
 * A catalog as text: two-space JSON with a newline at the end.
 *
 * @throws InputError if it is larger than the 20 MiB Vagrant reads
 */
export function catalogText(catalog: Catalog): string {
  const text = `${JSON.stringify(catalog, undefined, 2)}\n`;
  if (Buffer.byteLength(text) > SIZE_LIMIT) {
    throw new InputError("catalog", [
      `it has ${Buffer.byteLength(text)} bytes, but Vagrant reads 20 MiB at most: remove old versions.`,
    ]);
  }
  return text;
}

function entryProblems(entry: CatalogEntry): string[] {
  const word = (value: string | undefined, what: string): string[] =>
    value === undefined || /^[a-z0-9_]+$/.test(value)
      ? []
      : [`${what} is ${shown(value)}, but must be lower-case letters, digits and underscores.`];
  return [
    ...versionProblems(entry.version),
    ...(/^(https?:\/\/[^/\s]+|file:\/\/)\/\S+$/.test(entry.url)
      ? []
      : [`url is ${shown(entry.url)}, but must be an absolute http, https or file URL.`]),
    ...(/^[0-9a-f]{64}$/.test(entry.sha256)
      ? []
      : [`sha256 is ${shown(entry.sha256)}, but must be 64 lower-case hexadecimal digits.`]),
    ...word(entry.provider, "provider"),
    ...word(entry.architecture, "architecture"),
  ];
}

/** Whether a published box file is the same as the one to be published, byte for byte. */
function isSameBox(published: CatalogProvider, added: CatalogProvider): boolean {
  return published.checksum_type === "sha256" && published.checksum === added.checksum;
}

/**
 * Versions with one box file more. Vagrant before 2.4 knows no architectures and takes the last entry
 * of a provider, so `amd64`, where those Vagrants run, goes last.
 */
function withProvider(
  providers: readonly CatalogProvider[],
  added: CatalogProvider,
): CatalogProvider[] {
  const isAmd64Twin = (each: CatalogProvider): boolean =>
    each.name === added.name && each.architecture === "amd64";
  const twin = added.architecture === "amd64" ? -1 : providers.findIndex(isAmd64Twin);
  return twin < 0
    ? [...providers, added]
    : [...providers.slice(0, twin), added, ...providers.slice(twin)];
}

/**
 * A version that was withdrawn or removed may be known to machines that have it, and Vagrant resumes downloads by
 * their URL: its number is never given out again.
 */
function refuseGone({ name, yanked, removed }: Catalog, version: string): void {
  const numbers = (list: unknown): string[] =>
    Array.isArray(list)
      ? (list as (CatalogVersion | string)[]).map((each) =>
          typeof each === "string" ? each : each.version,
        )
      : [];
  const isIn = (list: unknown): boolean =>
    numbers(list).some((each) => compareVersions(each, version) === 0);
  if (isIn(yanked)) {
    throw new InputError("catalog entry", [
      `version ${version} of ${name} was withdrawn: use a later one, or restore it.`,
    ]);
  }
  if (isIn(removed)) {
    throw new InputError("catalog entry", [
      `version ${version} of ${name} was removed: use a later one.`,
    ]);
  }
}

/**
 * A catalog with a box added, its versions in Vagrant's order (the newest last).
 *
 * `default_architecture` is always written, true for `amd64` alone: where it is missing, Vagrant
 * serves a lone entry to a host of any architecture. Publishing the same box again changes nothing.
 *
 * @throws InputError with every problem of the entry, or if the version is published already with
 *   another content or written another way (1.0 and 1.0.0 are one version to Vagrant)
 */
export function addEntry(catalog: Catalog, entry: CatalogEntry): Catalog {
  throwIfAny("catalog entry", entryProblems(entry));
  const { version, provider = "virtualbox", architecture = "amd64" } = entry;
  const added: CatalogProvider = {
    name: provider,
    url: entry.url,
    checksum: entry.sha256,
    checksum_type: "sha256",
    architecture,
    default_architecture: architecture === "amd64",
    ...(entry.bytes !== undefined && { size: entry.bytes }),
  };
  refuseGone(catalog, version);
  const same = catalog.versions.find((each) => compareVersions(each.version, version) === 0);
  if (same !== undefined && same.version !== version) {
    throw new InputError("catalog entry", [
      `version is ${version}, but Vagrant takes it for the published ${same.version}: use a later one.`,
    ]);
  }
  const isTwin = (each: CatalogProvider): boolean =>
    each.name === provider && (each.architecture ?? "amd64") === architecture;
  const published = same?.providers.find(isTwin);
  if (published !== undefined) {
    if (isSameBox(published, added)) return catalog;
    throw new InputError("catalog entry", [
      `version ${version} is published already for ${provider} ${architecture} with the checksum ` +
        `${String(published.checksum)}, not ${entry.sha256}: use a later version.`,
    ]);
  }
  // The name by which HashiCorp's own registry tells it.
  const created = entry.published && { created_at: entry.published.toISOString() };
  const changed = {
    ...created,
    ...same,
    version,
    providers: withProvider(same?.providers ?? [], added),
  };
  const versions = [...catalog.versions.filter((each) => each !== same), changed];
  return {
    ...catalog,
    versions: versions.sort((a, b) => compareVersions(a.version, b.version)),
  };
}
