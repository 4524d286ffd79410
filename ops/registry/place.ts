import * as path from "node:path";

import { InputError } from "../../formats/problems";
import { awsPlaceOf, regionProblems } from "../../settings/aws/awsPlace";
import { listsBoxes, readBoxList } from "../../settings/boxList";
import { checkSettings } from "../../settings/parse";
import { defaultBoxName } from "../../settings/sourceIdentity";
import { BucketStore } from "../publish/bucketStore";
import { FolderStore } from "../publish/folderStore";
import { catalogKey, versionKey, type RegistryStore } from "../publish/registryStore";
import { readStackFile, settingsOf } from "../stackFile";
import type { RegistryFlags } from "./registryFlags";

/** A registry that a command is about. */
export interface RegistryPlace {
  readonly store: RegistryStore;
  /** The box that is meant; missing when no flag and no setting names one. */
  readonly box: string | undefined;
  /** How many versions the settings keep. */
  readonly keep: number | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Opens the place that flags name.
 *
 * @param root folder of the stacks' files, from which their paths count
 * @throws InputError when settings, region or box are missing or wrong
 */
export async function openRegistry(
  { place, box }: RegistryFlags,
  root: string,
  environment: Environment,
): Promise<RegistryPlace> {
  if ("stack" in place) return openStack(place.stack, box, root, environment);
  const open = (baseUrl?: string): RegistryStore =>
    "directory" in place
      ? new FolderStore(place.directory, baseUrl)
      : new BucketStore(
          { ...place, region: regionOf(place.region, environment, "--region") },
          baseUrl,
        );
  return { store: await withItsUrl(open, box), box, keep: undefined };
}

/** The pages keep the address that the catalog has for its boxes, whatever web server that is. */
async function withItsUrl(
  open: (baseUrl?: string) => RegistryStore,
  box: string | undefined,
): Promise<RegistryStore> {
  const store = open();
  if (box === undefined) return store;
  const current = (await store.readCatalog(box))?.versions.at(-1);
  const url = current?.providers[0]?.url ?? "";
  const own = store.url(catalogKey(box)).slice(0, -catalogKey(box).length);
  const end = url.lastIndexOf(`/${versionKey(box, current?.version ?? "")}/`);
  return end < 0 || url.startsWith(own) ? store : open(url.slice(0, end));
}

function openStack(
  stack: string,
  box: string | undefined,
  root: string,
  environment: Environment,
): RegistryPlace {
  const place = stackRegistry(stack, root, environment);
  if (place === undefined) {
    throw new InputError("registry", [
      `the settings of stack ${stack} name no place of boxes that can be reached from here; mend ami2box:publish, or run this on the worker with --directory`,
    ]);
  }
  const { store, boxes, keep } = place;
  return { store, keep, box: box ?? (boxes.length === 1 ? boxes[0] : undefined) };
}

/** Where a stack publishes, and its boxes. */
export interface StackRegistry {
  readonly store: RegistryStore;
  readonly boxes: readonly string[];
  /** How many versions of each are kept; all when missing. */
  readonly keep: number | undefined;
}

/**
 * The place that the settings of a stack name; undefined where it publishes nothing, its settings are wrong, or it
 * publishes in a folder of a worker.
 *
 * @throws InputError when there is no such stack, or no region
 */
export function stackRegistry(
  stack: string,
  root: string,
  environment: Environment,
): StackRegistry | undefined {
  const file = readStackFile(root, stack.split("/").at(-1)!);
  const raw = settingsOf(file);
  const { publish } = checkSettings(raw).groups;
  if (publish === undefined) return undefined;
  const kept = { boxes: boxNamesOf(raw), keep: "keep" in publish ? publish.keep : undefined };
  if ("bucket" in publish) {
    const { region, profile } = awsPlaceOf(file.config ?? {}, environment);
    const args = { ...publish, region: regionOf(region, environment, "aws:region"), profile };
    return { store: new BucketStore(args, publish.url), ...kept };
  }
  if (raw["target"] === "ssh") return undefined;
  return { store: new FolderStore(path.resolve(root, publish.directory), publish.url), ...kept };
}

function boxNamesOf(raw: Readonly<Record<string, unknown>>): string[] {
  const settings = listsBoxes(raw) ? readBoxList(raw).entries.map((entry) => entry.raw) : [raw];
  const names = settings.flatMap((each) => {
    const { name } = (each["box"] ?? {}) as { name?: unknown };
    if (typeof name === "string") return [name];
    const { source } = checkSettings(each).groups;
    return (source && defaultBoxName(source)) ?? [];
  });
  return [...new Set(names)];
}

function regionOf(given: string | undefined, environment: Environment, setting: string): string {
  const region = given ?? awsPlaceOf({}, environment).region;
  const problems = regionProblems({ ...(region !== undefined && { region }) }, setting);
  if (problems.length > 0) throw new InputError("registry", problems);
  return region!;
}
