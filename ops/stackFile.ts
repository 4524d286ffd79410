import * as fs from "node:fs";
import * as path from "node:path";

import { parse } from "yaml";

import { InputError } from "../formats/problems";

/** What a stack's file holds (Pulumi documentation, "Stack settings file"). */
export interface StackFile {
  readonly config?: Readonly<Record<string, unknown>> | null;
  readonly [other: string]: unknown;
}

/** What every setting of this project begins with. */
export const settingsPrefix = "ami2box:";

/**
 * Reads `Pulumi.<stack>.yaml`.
 *
 * @throws InputError when there is none, or it is no YAML
 */
export function readStackFile(root: string, stack: string): StackFile {
  const file = path.join(root, `Pulumi.${stack}.yaml`);
  if (!/^[A-Za-z0-9_.-]+$/.test(stack) || !fs.existsSync(file)) {
    throw new InputError("stack", [
      `${JSON.stringify(stack)} has no file Pulumi.${stack}.yaml; give a stack of this project, such as local or nightly`,
    ]);
  }
  try {
    return (parse(fs.readFileSync(file, "utf8")) ?? {}) as StackFile;
  } catch (error) {
    const [reason = ""] = (error as Error).message.split("\n");
    throw new InputError("stack", [`${file} is no YAML (${reason}); mend it`]);
  }
}

/** The settings of a stack's file by their names, without their prefix. */
export function settingsOf({ config }: StackFile): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config ?? {})
      .filter(([key]) => key.startsWith(settingsPrefix))
      .map(([key, value]) => [key.slice(settingsPrefix.length), value]),
  );
}
