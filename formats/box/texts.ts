import { shown } from "../problems";

/** Facts about where a box came from; `vagrant box list -i` prints each as `name: value`. */
export type BoxInfo = Readonly<Record<string, string | number | boolean>>;

/** What `metadata.json` says; a provider may want more than everybody's two. */
export interface BoxMetadata {
  readonly provider: BoxProvider;
  readonly architecture: BoxArchitecture;
  readonly [other: string]: unknown;
}

/** A provider of Vagrant that a box can be made for. */
export type BoxProvider = "virtualbox" | "libvirt";

/** An architecture that a box can be made for, by the name Vagrant has for it. */
export type BoxArchitecture = "amd64" | "arm64";

export const boxProviders: readonly BoxProvider[] = ["virtualbox", "libvirt"];
export const boxArchitectures: readonly BoxArchitecture[] = ["amd64", "arm64"];

/**
 * `metadata.json` of a box: Vagrant reads `provider`, and registries read `architecture` (Vagrant
 * documentation, "Box File Format").
 */
export function boxMetadata(metadata: BoxMetadata): string {
  return jsonText(metadata);
}

/** `info.json` of a box, names sorted so that the same facts give the same bytes. */
export function boxInfo(info: BoxInfo): string {
  return jsonText(Object.fromEntries(Object.entries(info).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function jsonText(value: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/**
 * The Vagrantfile inside a box, loaded before the user's own.
 *
 * It takes the lines of the provider and of the box's maker, and loads `include/_Vagrantfile` beside
 * the box's files if `vagrant package --include` or the maker put one there.
 *
 * @param lines - Ruby statements for the configure block, whose variable is `config`
 */
export function boxVagrantfile(lines: readonly string[]): string {
  return [
    'Vagrant.configure("2") do |config|',
    ...lines.map((line) => (line === "" ? "" : `  ${line}`)),
    "end",
    "",
    'include_vagrantfile = File.expand_path("../include/_Vagrantfile", __FILE__)',
    "load include_vagrantfile if File.exist?(include_vagrantfile)",
    "",
  ].join("\n");
}

/** All that is wrong with the Vagrantfile lines and facts of a box, one sentence each. */
export function boxTextProblems(lines: unknown, info: unknown): string[] {
  const badLines =
    Array.isArray(lines) &&
    lines.every((line) => typeof line === "string" && !/[\0\r\n]/.test(line))
      ? []
      : [`vagrantfileLines is ${shown(lines)}, but must be a list of single lines of Ruby.`];
  const isFlat = (value: unknown): boolean =>
    ["string", "number", "boolean"].includes(typeof value) && !Number.isNaN(value);
  const badInfo =
    typeof info === "object" &&
    info !== null &&
    !Array.isArray(info) &&
    Object.values(info).every(isFlat)
      ? []
      : [`info is ${shown(info)}, but must be an object of strings, numbers and booleans.`];
  return [...badLines, ...badInfo];
}
