import * as fs from "node:fs";
import * as path from "node:path";

import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation";
import { stringify } from "yaml";

import { awsPlaceOf, type AwsPlace } from "../settings/aws/awsPlace";
import type { Environment } from "./setup";
import { privateFolder } from "./setup/folders";
import { readStackFile, settingsOf, settingsPrefix } from "./stackFile";
import { removeStaleLocks } from "./staleLocks";

const stackName = "local";

/** The settings of the `local` stack, as written under `ami2box:` in its file. */
export function readLocalSettings(root: string): Record<string, unknown> {
  return settingsOf(readStackFile(root, stackName));
}

/** Region and profile of the `local` stack, for boxes that go to a bucket. */
export function readLocalAwsPlace(root: string): AwsPlace {
  return awsPlaceOf(readStackFile(root, stackName).config ?? {}, process.env);
}

/**
 * Writes settings as a stack file of their own, so that flags never change the one in the project. What
 * that one holds besides settings of ours goes with them.
 *
 * @returns the file
 */
export function writeRunSettings(root: string, settings: Record<string, unknown>): string {
  const file = path.join(root, ".ami2box", `Pulumi.${stackName}.yaml`);
  const original = readStackFile(root, stackName);
  const config = Object.fromEntries([
    ...Object.entries(original.config ?? {}).filter(([key]) => !key.startsWith(settingsPrefix)),
    ...Object.entries(settings).map(([key, value]) => [`${settingsPrefix}${key}`, value] as const),
  ]);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, stringify({ ...original, config }));
  return file;
}

/** Opens the `local` stack, whose state stands in the project's private folder. */
export async function openLocalStack({ root, variables }: Environment): Promise<Stack> {
  // The Automation API looks for `pulumi` on this process's own PATH.
  Object.assign(process.env, variables);
  removeStaleLocks(path.join(privateFolder(root), "state"));
  return LocalWorkspace.createOrSelectStack(
    { stackName, workDir: root },
    { envVars: variables as Record<string, string> },
  );
}
