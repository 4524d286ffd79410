import * as path from "node:path";

import type { BoxArchitecture, BoxProvider } from "../formats/box/texts";
import { boxNameProblems } from "../formats/catalog/boxName";
import { InputError } from "../formats/problems";
import { architectureProblems } from "./architectures";
import { readAuthorizedKeys } from "./authorizedKeys";
import type { AwsPlace } from "./aws/awsPlace";
import { lookAtAws } from "./awsTarget";
import { fixProblems } from "./fixNames";
import { boxFolder, folderProblems, nestingProblems, scriptProblems } from "./folderChecks";
import { settingsKindOf } from "./kind";
import { Looks } from "./looks";
import { checkSettings } from "./parse";
import type { HostImage } from "./hostFacts";
import { lookAtPlace, type PublishPlace } from "./publishPlace";
import { defaultVersion, type PublishedVersion } from "./publishedVersions";
import { projectVersion } from "./projectVersion";
import { describeSource, scriptDigests } from "./provenance";
import { digestFiles, digestValue } from "./recipe";
import type { AwsSettings, ProvisioningStep, Settings } from "./schema";
import {
  defaultBoxName,
  identifySource,
  type AwsIdentity,
  type SourceIdentity,
} from "./sourceIdentity";
import { lookAtSshWorker, type SshTarget } from "./sshTarget";

/** What one run is to make: the settings, checked against the world, with nothing left open. */
export interface Plan {
  readonly settings: Settings;
  readonly source: SourceIdentity;
  readonly boxName: string;
  readonly version: string;
  /** Digest of all that decides the box, but for its version. */
  readonly recipe: string;
  /** Processors that there are boxes for, amd64 first. */
  readonly architectures: readonly BoxArchitecture[];
  /** The boxes of the version: one for each processor and provider. */
  readonly boxes: readonly {
    readonly provider: BoxProvider;
    readonly architecture: BoxArchitecture;
  }[];
  /** Where the boxes are published; missing where an AMI is all that is made. */
  readonly publish?: PublishPlace;
  /** The versions of the box that are there. */
  readonly published: readonly PublishedVersion[];
  /** The machine that is logged in to, with target `ssh`. */
  readonly sshTarget?: SshTarget;
  /**
   * Folder of this box's artifacts on the worker; on this machine as a path from the project folder where
   * it lies below it.
   */
  readonly workDirectory: string;
  /** The user's own scripts that the stages run, as paths from the project folder. */
  readonly userScripts: readonly string[];
  /** Changes when any of those scripts does. */
  readonly userScriptsDigest: string;
  /** Size of the virtual disk, bytes. */
  readonly diskBytes: number;
  /** Text of the public keys of a private box; empty for a public one. */
  readonly authorizedKeys: string;
  /** Where the box comes from, as its report and its `info.json` tell it. */
  readonly provenance: Readonly<Record<string, string>>;
}

/** A plan for EC2. */
export type AwsPlan = Plan & { readonly settings: AwsSettings; readonly source: AwsIdentity };

export function isAwsPlan(plan: Plan): plan is AwsPlan {
  return plan.settings.target === "aws" && "facts" in plan.source;
}

/** Folders and files of the project that decide what is in a box. */
const recipeFiles = ["scripts", "formats"];

/**
 * Turns the raw settings into a plan, reading what they point at and changing nothing.
 *
 * @param raw the values under `ami2box:`
 * @param projectDirectory the project's folder; relative paths count from it
 * @param aws where calls to AWS go, for those who need any
 * @param looks what was looked up for other boxes of the stack
 * @throws InputError naming every problem found at once
 */
export async function makePlan(
  raw: Record<string, unknown>,
  projectDirectory: string,
  aws: AwsPlace = {},
  looks = new Looks(),
): Promise<Plan> {
  const kind = settingsKindOf(raw);
  const { settings, groups, problems: found } = checkSettings(raw);
  const problems = [...found];
  const boxName = givenName(raw) ?? (groups.source && defaultBoxName(groups.source));
  const sshTarget = await despite(problems, () =>
    lookAtSshWorker(groups, boxName, projectDirectory),
  );
  const account =
    kind.target === "aws"
      ? await lookAtAws(groups, settings?.box.architecture[0], aws, projectDirectory, looks)
      : undefined;
  problems.push(...(account?.problems ?? []));
  const source =
    account?.source ??
    (await despite(problems, () =>
      identifyMachineSource(groups.source, projectDirectory, sshTarget?.facts.image),
    ));
  if (givenName(raw) === undefined) {
    problems.push(...defaultNameProblems(boxName, kind.target === "aws"));
  }
  // Groups that are right are looked at even when others are wrong.
  const { provisioning, publish, worker } = groups;
  const isHere = kind.target === "local";
  const absolute = (folder: string): string =>
    isHere ? path.resolve(projectDirectory, folder) : folder;
  const publishDirectory =
    publish && "directory" in publish ? absolute(publish.directory) : undefined;
  const workBase = worker && absolute(worker.workDirectory);
  problems.push(
    ...scriptProblems(scriptsOf(provisioning?.scripts ?? []), projectDirectory),
    ...fixProblems(provisioning?.skipFixes ?? [], projectDirectory),
    ...(isHere && publishDirectory !== undefined
      ? folderProblems("publish.directory", boxFolder(publishDirectory, boxName))
      : []),
    ...(isHere && workBase !== undefined ? folderProblems("worker.workDirectory", workBase) : []),
    ...nestingProblems(publishDirectory, workBase),
  );
  if (settings) problems.push(...architectureProblems(settings));
  const keys = readAuthorizedKeys(givenKeys(raw), projectDirectory);
  problems.push(...keys.problems.map((text) => `box.authorizedKeys: ${text}`));
  const host = sshTarget?.facts.published;
  const place =
    kind.only || account?.reached === false
      ? undefined
      : await despite(problems, () =>
          lookAtPlace(publish, { publishDirectory, aws, boxName, host }),
        );
  if (!settings || !source || boxName === undefined || problems.length > 0) {
    throw new InputError("settings", problems);
  }

  const { version: wantedVersion, ...box } = settings.box;
  const scripts = scriptsOf(settings.provisioning.scripts);
  // All of it is written into the box, so all of it is part of the recipe.
  const origin = {
    ...describeSource(source),
    ...(scripts.length > 0 && { scripts: scriptDigests(scripts, projectDirectory) }),
    ...looks.once("project version", () => projectVersion(projectDirectory, recipeFiles)),
  };
  const recipe = digestValue({
    origin,
    // What else is set for a source in EC2 says how it is made, not what it is.
    source: "facts" in source ? source.type : source.settings,
    fingerprint: source.fingerprint,
    provisioning: settings.provisioning,
    box: { ...box, name: boxName, authorizedKeys: keys.text },
    files: digestFiles(projectDirectory, [...recipeFiles, ...scripts]),
  });
  const architectures = [...box.architecture].sort();
  // A builder has run them already.
  const userScripts = kind.bake ? [] : scripts;
  const published = place?.published ?? [];
  return {
    settings,
    source,
    boxName,
    version: wantedVersion ?? defaultVersion(published, recipe, new Date()),
    recipe,
    architectures,
    boxes: architectures.flatMap((architecture) =>
      box.providers.map((provider) => ({ provider, architecture })),
    ),
    ...(place && { publish: place.place }),
    published,
    ...(sshTarget && { sshTarget }),
    workDirectory: path.join(settings.worker.workDirectory, boxName.replace("/", "--")),
    userScripts,
    userScriptsDigest: digestFiles(projectDirectory, userScripts),
    diskBytes: box.diskGiB * 2 ** 30,
    authorizedKeys: keys.text,
    provenance: { recipe, ...origin },
  };
}

/** Looks at one thing even when another is wrong. */
async function despite<T>(problems: string[], look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** A name that is given is judged with the other settings. */
function defaultNameProblems(name: string | undefined, inAws: boolean): string[] {
  if (name !== undefined) {
    return boxNameProblems(name).map((text) => `box.name: taken from the source, ${text}`);
  }
  return inAws ? ["box.name: is missing, and an AMI names no box; set it, as in acme/server"] : [];
}

async function identifyMachineSource(
  source: Settings["source"] | undefined,
  projectDirectory: string,
  hostImage: HostImage | undefined,
): Promise<SourceIdentity | undefined> {
  return source?.type === "debian" || source?.type === "image"
    ? identifySource(source, projectDirectory, hostImage)
    : undefined;
}

function givenName(raw: Record<string, unknown>): string | undefined {
  const { name } = (raw["box"] ?? {}) as { name?: unknown };
  return typeof name === "string" ? name : undefined;
}

function givenKeys(raw: Record<string, unknown>): string | undefined {
  const { authorizedKeys } = (raw["box"] ?? {}) as { authorizedKeys?: unknown };
  return typeof authorizedKeys === "string" ? authorizedKeys : undefined;
}

function scriptsOf(steps: readonly ProvisioningStep[]): string[] {
  return steps.filter((step) => typeof step === "string");
}
