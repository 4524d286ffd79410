import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { boxNameProblems } from "../formats/catalog/boxName";
import { InputError } from "../formats/problems";
import { readAuthorizedKeys } from "./authorizedKeys";
import { checkSettings } from "./parse";
import { defaultVersion, listPublishedVersions } from "./publishedVersions";
import { fixProblems } from "./fixNames";
import { projectVersion } from "./projectVersion";
import { digestFiles, digestValue } from "./recipe";
import type { ProvisioningStep, Settings } from "./schema";
import { identifySource, type SourceIdentity } from "./sourceIdentity";

/** What one run is to make: the settings, checked against the world, with nothing left open. */
export interface Plan {
  readonly settings: Settings;
  readonly source: SourceIdentity;
  readonly boxName: string;
  readonly version: string;
  /** Digest of all that decides the box, but for its version. */
  readonly recipe: string;
  /** Absolute folder of the catalogs. */
  readonly publishDirectory: string;
  /** Folder of this box's artifacts, as a path from the project folder where it lies below it. */
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
 * @throws InputError naming every problem found at once
 */
export async function makePlan(
  raw: Record<string, unknown>,
  projectDirectory: string,
): Promise<Plan> {
  const { settings, groups, problems: found } = checkSettings(raw);
  const problems = [...found];
  const source = await identifyDespite(problems, groups.source, projectDirectory);
  const boxName = givenName(raw) ?? source?.defaultBoxName;
  if (givenName(raw) === undefined && boxName !== undefined) {
    problems.push(
      ...boxNameProblems(boxName).map((text) => `box.name: taken from the source, ${text}`),
    );
  }
  // Groups that are right are looked at even when others are wrong.
  const { provisioning, publish, worker } = groups;
  const publishDirectory =
    publish && "directory" in publish
      ? path.resolve(projectDirectory, publish.directory)
      : undefined;
  const workBase = worker && path.resolve(projectDirectory, worker.workDirectory);
  problems.push(
    ...scriptProblems(scriptsOf(provisioning?.scripts ?? []), projectDirectory),
    ...fixProblems(provisioning?.skipFixes ?? [], projectDirectory),
    ...(publishDirectory === undefined
      ? []
      : folderProblems("publish.directory", boxFolder(publishDirectory, boxName))),
    ...(workBase === undefined ? [] : folderProblems("worker.workDirectory", workBase)),
    ...nestingProblems(publishDirectory, workBase),
  );
  const keys = readAuthorizedKeys(givenKeys(raw), projectDirectory);
  problems.push(...keys.problems.map((text) => `box.authorizedKeys: ${text}`));
  if (!settings || !source || boxName === undefined || !publishDirectory || problems.length > 0) {
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
  const published = listPublishedVersions(publishDirectory, boxName);
  return {
    settings,
    source,
    boxName,
    version: wantedVersion ?? defaultVersion(published, recipe, new Date()),
    recipe,
    publishDirectory,
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

/** Looks at the source even when other settings are wrong, as long as its own are right. */
async function identifyDespite(
  problems: string[],
  source: Settings["source"] | undefined,
  projectDirectory: string,
): Promise<SourceIdentity | undefined> {
  if (source === undefined) return undefined;
  try {
    return await identifySource(source, projectDirectory);
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

/** Where the versions of a box go; where catalogs go, as long as the name is none for a folder. */
function boxFolder(publishDirectory: string, boxName: string | undefined): string {
  return boxName === undefined || boxNameProblems(boxName).length > 0
    ? publishDirectory
    : path.join(publishDirectory, boxName);
}

/** The work directory goes when the stack does, and would take the boxes with it. */
function nestingProblems(publishDirectory?: string, workBase?: string): string[] {
  if (publishDirectory === undefined || workBase === undefined) return [];
  const nested =
    publishDirectory === workBase ||
    `${publishDirectory}/`.startsWith(`${workBase}/`) ||
    `${workBase}/`.startsWith(`${publishDirectory}/`);
  return nested
    ? [
        `publish.directory: ${publishDirectory} and worker.workDirectory ${workBase} lie one in the other; give two separate folders`,
      ]
    : [];
}

function scriptsOf(steps: readonly ProvisioningStep[]): string[] {
  return steps.filter((step) => typeof step === "string");
}

function scriptProblems(scripts: readonly string[], projectDirectory: string): string[] {
  return scripts
    .filter((script) => {
      const stat = fs.statSync(path.resolve(projectDirectory, script), { throwIfNoEntry: false });
      return stat === undefined || !stat.isFile();
    })
    .map((script) => `provisioning.scripts: ${script} is not a file; give the path of a script`);
}

/** A folder that is there must be writable; one that is not must have a parent where it can be made. */
function folderProblems(setting: string, folder: string): string[] {
  let existing = folder;
  while (!fs.existsSync(existing)) existing = path.dirname(existing);
  try {
    if (!fs.statSync(existing).isDirectory()) {
      return [
        `${setting}: ${existing} is not a folder; give a folder, or a path where one can be made`,
      ];
    }
    fs.accessSync(existing, fs.constants.W_OK | fs.constants.X_OK);
    return [];
  } catch {
    return [`${setting}: ${existing} cannot be written to; give a folder that can`];
  }
}
