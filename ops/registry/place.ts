import * as path from "node:path";

import { InputError } from "../../formats/problems";
import { awsPlaceOf, regionProblems } from "../../settings/aws/awsPlace";
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
  const file = readStackFile(root, stack.split("/").at(-1)!);
  const raw = settingsOf(file);
  const { publish, source } = checkSettings(raw).groups;
  if (publish === undefined) {
    throw new InputError("registry", [
      `the settings of stack ${stack} name no place of boxes; mend ami2box:publish, or give --directory or --bucket`,
    ]);
  }
  const given = (raw["box"] ?? {}) as { name?: unknown };
  const named = typeof given.name === "string" ? given.name : source && defaultBoxName(source);
  const kept = { box: box ?? named, keep: "keep" in publish ? publish.keep : undefined };
  if ("bucket" in publish) {
    const { region, profile } = awsPlaceOf(file.config ?? {}, environment);
    const args = { ...publish, region: regionOf(region, environment, "aws:region"), profile };
    return { store: new BucketStore(args, publish.url), ...kept };
  }
  if (raw["target"] === "ssh") {
    throw new InputError("registry", [
      `stack ${stack} publishes in ${publish.directory} of its worker; run this there, with --directory`,
    ]);
  }
  const directory = path.resolve(root, publish.directory);
  return { store: new FolderStore(directory, publish.url), ...kept };
}

function regionOf(given: string | undefined, environment: Environment, setting: string): string {
  const region = given ?? awsPlaceOf({}, environment).region;
  const problems = regionProblems({ ...(region !== undefined && { region }) }, setting);
  if (problems.length > 0) throw new InputError("registry", problems);
  return region!;
}
