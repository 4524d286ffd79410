import * as fs from "node:fs";
import * as path from "node:path";

import { boxNameProblems } from "../formats/catalog/boxName";

/** Where the versions of a box go; where catalogs go, as long as the name is none for a folder. */
export function boxFolder(publishDirectory: string, boxName: string | undefined): string {
  return boxName === undefined || boxNameProblems(boxName).length > 0
    ? publishDirectory
    : path.join(publishDirectory, boxName);
}

/** The work directory goes when the stack does, and would take the boxes with it. */
export function nestingProblems(publishDirectory?: string, workBase?: string): string[] {
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

/** Each of the user's scripts must be a file. */
export function scriptProblems(scripts: readonly string[], projectDirectory: string): string[] {
  return scripts
    .filter((script) => {
      const stat = fs.statSync(path.resolve(projectDirectory, script), { throwIfNoEntry: false });
      return stat === undefined || !stat.isFile();
    })
    .map((script) => `provisioning.scripts: ${script} is not a file; give the path of a script`);
}

/** A folder that is there must be writable; one that is not must have a parent where it can be made. */
export function folderProblems(setting: string, folder: string): string[] {
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
