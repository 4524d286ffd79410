import * as fs from "node:fs";
import * as path from "node:path";

import type { Plan } from "../../settings/plan";
import { privateKeyLine, vagrantCommands } from "../vagrantCommands";

/**
 * What a user reads at the end: where the box is, and the commands to type next.
 *
 * @param root the project's folder; paths below it are shown from there
 * @param how how the box came to be, `made in 93 s`
 */
export function summary(root: string, plan: Plan, how: string): string {
  const boxFolder = path.join(plan.publishDirectory, plan.boxName);
  const versionFolder = path.join(boxFolder, plan.version);
  const shown = (file: string): string => {
    const relative = path.relative(root, file);
    return relative.startsWith("..") ? file : relative;
  };
  const box = path.join(versionFolder, "virtualbox-amd64.box");
  const megabytes = Math.round(fs.statSync(box).size / 1e6);
  return [
    "",
    `${plan.boxName} ${plan.version}: ${how}`,
    `  box     ${shown(box)}  (${megabytes} MB)`,
    `  report  ${shown(path.join(versionFolder, "report.html"))}`,
    "",
    "Use it, in any folder:",
    ...vagrantCommands({
      catalog: path.join(boxFolder, "catalog.json"),
      name: plan.boxName,
    }).map((command) => `  ${command}`),
    ...(plan.authorizedKeys === ""
      ? []
      : [
          "",
          "The box is private. Before `vagrant up`, name your own key in the Vagrantfile:",
          `  ${privateKeyLine}`,
        ]),
    "",
  ].join("\n");
}
