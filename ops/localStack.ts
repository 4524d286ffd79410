import * as fs from "node:fs";
import * as path from "node:path";

import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation";
import { parse, stringify } from "yaml";

import type { Environment } from "./setup";

const stackName = "local";

/** The settings of the `local` stack, as written under `ami2box:` in its file. */
export function readLocalSettings(root: string): Record<string, unknown> {
  const file = path.join(root, `Pulumi.${stackName}.yaml`);
  const { config } = parse(fs.readFileSync(file, "utf8")) as { config?: Record<string, unknown> };
  return Object.fromEntries(
    Object.entries(config ?? {})
      .filter(([key]) => key.startsWith("ami2box:"))
      .map(([key, value]) => [key.slice("ami2box:".length), value]),
  );
}

/**
 * Writes settings as a stack file of their own, so that flags never change the one in the project.
 *
 * @returns the file
 */
export function writeRunSettings(root: string, settings: Record<string, unknown>): string {
  const file = path.join(root, ".ami2box", `Pulumi.${stackName}.yaml`);
  const original = parse(fs.readFileSync(path.join(root, `Pulumi.${stackName}.yaml`), "utf8")) as {
    encryptionsalt?: string;
  };
  const config = Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [`ami2box:${key}`, value]),
  );
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, stringify({ ...original, config }));
  return file;
}

/** Opens the `local` stack, whose state stands in the project's private folder. */
export async function openLocalStack({ root, variables }: Environment): Promise<Stack> {
  // The Automation API looks for `pulumi` on this process's own PATH.
  Object.assign(process.env, variables);
  return LocalWorkspace.createOrSelectStack(
    { stackName, workDir: root },
    { envVars: variables as Record<string, string> },
  );
}
