import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import type { BoxArchitecture, BoxProvider } from "../formats/box/texts";
import { boxNameProblems } from "../formats/catalog/boxName";
import { InputError } from "../formats/problems";
import { architectureProblems } from "./architectures";
import { readAuthorizedKeys } from "./authorizedKeys";
import { checkSettings } from "./parse";
import { fixProblems } from "./fixNames";
import { boxFolder, folderProblems, nestingProblems, scriptProblems } from "./folderChecks";
import { lookAtPlace, type PublishPlace } from "./publishPlace";
import { defaultVersion, type PublishedVersion } from "./publishedVersions";
import { projectVersion } from "./projectVersion";
import { digestFiles, digestValue } from "./recipe";
import type { ProvisioningStep, Settings } from "./schema";
import { defaultBoxName, identifySource, type SourceIdentity } from "./sourceIdentity";
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
  /** Where the boxes are published. */
  readonly publish: PublishPlace;
  /** The versions of the box that are there. */
  readonly published: readonly PublishedVersion[];
  /** The machine that is logged in to, with target `ssh`. */
  readonly sshTarget?: SshTarget;
  /**
   * Folder of this box's artifacts on the worker; on this machine as a path from the project folder where
   * it lies below it.
   */
  readonly workDirectory: string;
  /** The user's own scripts, as paths from the project folder. */
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

/** Folders and files of the project that decide what is in a box. */
const recipeFiles = ["scripts", "formats"];

/**
 * Turns the raw settings into a plan, reading what they point at and changing nothing.
 *
 * @param raw the values under `ami2box:`
 * @param projectDirectory the project's folder; relative paths count from it
 * @param region AWS region of the bucket that boxes are published in, if they are
 * @throws InputError naming every problem found at once
 */
export async function makePlan(
  raw: Record<string, unknown>,
  projectDirectory: string,
  region?: string,
): Promise<Plan> {
  const { settings, groups, problems: found } = checkSettings(raw);
  const problems = [...found];
  const boxName = givenName(raw) ?? (groups.source && defaultBoxName(groups.source));
  const sshTarget = await despite(problems, () =>
    lookAtSshWorker(groups, boxName, projectDirectory),
  );
  const source = await despite(
    problems,
    async () =>
      groups.source && identifySource(groups.source, projectDirectory, sshTarget?.facts.image),
  );
  if (givenName(raw) === undefined && boxName !== undefined) {
    problems.push(
      ...boxNameProblems(boxName).map((text) => `box.name: taken from the source, ${text}`),
    );
  }
  // Groups that are right are looked at even when others are wrong.
  const { provisioning, publish, worker } = groups;
  const isHere = worker === undefined || !("host" in worker);
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
  const place = await despite(problems, () =>
    lookAtPlace(publish, { publishDirectory, region, boxName, host: sshTarget?.facts.published }),
  );
  if (!settings || !source || boxName === undefined || !place || problems.length > 0) {
    throw new InputError("settings", problems);
  }

  const { version: wantedVersion, ...box } = settings.box;
  const userScripts = scriptsOf(settings.provisioning.scripts);
  // All of it is written into the box, so all of it is part of the recipe.
  const origin = {
    ...describeSource(source),
    ...(userScripts.length > 0 && {
      scripts: scriptDigests(userScripts, projectDirectory),
    }),
    ...projectVersion(projectDirectory, recipeFiles),
  };
  const recipe = digestValue({
    origin,
    source: source.settings,
    fingerprint: source.fingerprint,
    provisioning: settings.provisioning,
    box: { ...box, name: boxName, authorizedKeys: keys.text },
    files: digestFiles(projectDirectory, [...recipeFiles, ...userScripts]),
  });
  const architectures = [...box.architecture].sort();
  const { place: publishPlace, published } = place;
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
    publish: publishPlace,
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

/** Each script by its name and the SHA-256 of its content, as `sha256sum` prints it. */
function scriptDigests(scripts: readonly string[], projectDirectory: string): string {
  const digest = (script: string): string =>
    createHash("sha256")
      .update(fs.readFileSync(path.resolve(projectDirectory, script)))
      .digest("hex");
  return scripts.map((script) => `${path.basename(script)} sha256 ${digest(script)}`).join(", ");
}

function describeSource(source: SourceIdentity): Record<string, string> {
  switch (source.type) {
    case "debian":
      return {
        source: `Debian ${source.settings.suite}`,
        archive: source.settings.mirror,
        archiveState: source.fingerprint,
      };
    case "image":
      return { source: path.basename(source.path), imageFormat: source.format };
  }
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
