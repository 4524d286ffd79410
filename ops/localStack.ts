import * as fs from "node:fs";
import * as path from "node:path";

import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation";
import { parse, stringify } from "yaml";

import { awsPlaceOf, type AwsPlace } from "../settings/aws/awsPlace";
import type { Environment } from "./setup";
import { privateFolder } from "./setup/folders";
import { removeStaleLocks } from "./staleLocks";

const stackName = "local";

const prefix = "ami2box:";

/** What a stack's file holds (Pulumi documentation, "Stack settings file"). */
interface StackFile {
  readonly config?: Readonly<Record<string, unknown>> | null;
  readonly [other: string]: unknown;
}

function readStackFile(root: string): StackFile {
  const file = path.join(root, `Pulumi.${stackName}.yaml`);
  return parse(fs.readFileSync(file, "utf8")) as StackFile;
}

/** The settings of the `local` stack, as written under `ami2box:` in its file. */
export function readLocalSettings(root: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(readStackFile(root).config ?? {})
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}

/** Region and profile of the `local` stack, for boxes that go to a bucket. */
export function readLocalAwsPlace(root: string): AwsPlace {
  return awsPlaceOf(readStackFile(root).config ?? {}, process.env);
}

/**
 * Writes settings as a stack file of their own, so that flags never change the one in the project. What
 * that one holds besides settings of ours goes with them.
 *
 * @returns the file
 */
export function writeRunSettings(root: string, settings: Record<string, unknown>): string {
  const file = path.join(root, ".ami2box", `Pulumi.${stackName}.yaml`);
  const original = readStackFile(root);
  const config = Object.fromEntries([
    ...Object.entries(original.config ?? {}).filter(([key]) => !key.startsWith(prefix)),
    ...Object.entries(settings).map(([key, value]) => [`${prefix}${key}`, value] as const),
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
