import * as fs from "node:fs";
import * as path from "node:path";

import type { Plan } from "../../settings/plan";
import type { PublishPlace } from "../../settings/publishPlace";
import { boxFileName, catalogKey, versionKey } from "../publish/registryStore";
import { openPlace } from "../publish/stores";
import { privateKeyLine, vagrantCommands } from "../vagrantCommands";

/** A plan for a box, and not for an AMI alone. */
export type BoxPlan = Plan & { readonly publish: PublishPlace };

/**
 * What a user reads at the end: where the box is, and the commands to type next.
 *
 * @param root the project's folder; paths below it are shown from there
 * @param how how the box came to be, `made in 93 s`
 */
export function summary(root: string, plan: BoxPlan, how: string): string {
  const { publish, boxName, version } = plan;
  const store = openPlace(publish);
  const shown = (key: string): string => {
    const place = store.at(key);
    const relative = path.relative(root, place);
    return relative.startsWith("..") || "bucket" in publish ? place : relative;
  };
  const first = plan.boxes[0]!;
  const box = versionKey(boxName, version, boxFileName(first.provider, first.architecture));
  const size =
    "bucket" in publish ? "" : `  (${Math.round(fs.statSync(store.at(box)).size / 1e6)} MB)`;
  return [
    "",
    `${plan.boxName} ${plan.version}: ${how}`,
    `  box     ${shown(box)}${size}`,
    `  report  ${shown(versionKey(boxName, version, "report.html"))}`,
    "",
    "Use it, in any folder:",
    ...vagrantCommands({
      catalog: store.locate(catalogKey(boxName)),
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
