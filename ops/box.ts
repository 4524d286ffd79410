// Makes a box on this machine: set-up, then `pulumi up` on the `local` stack. See ops/box/flags.ts.
//   node ops/setup/run.mjs ops/box.ts [flags]
import * as fs from "node:fs";
import * as path from "node:path";

import { InputError } from "../formats/problems";
import { makePlans, type PlannedBox } from "../settings/boxPlans";
import type { Plan } from "../settings/plan";
import { applyFlags, parallelFlag, usage, type RawSettings } from "./box/flags";
import { watchForInterruption } from "./box/interruption";
import { makeBoxes, publishedTable, type ListedBox } from "./box/manyBoxes";
import { isPublished } from "./box/published";
import { ProgressDisplay } from "./box/progress";
import { stagesOf } from "./box/stageOrder";
import { summary, type BoxPlan } from "./box/summary";
import {
  openLocalStack,
  readLocalAwsPlace,
  readLocalSettings,
  writeRunSettings,
} from "./localStack";
import { openPlace } from "./publish/stores";
import { retireVersions } from "./registry/retire";
import { setUp, setUpTools, type Environment } from "./setup";
import { projectRoot } from "./setup/folders";
import { announceOn, formatDuration, type Announcer } from "./setup/log";

/** Makes the box and returns the exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const root = projectRoot();
  const settings = applyFlags(args, readLocalSettings(root));
  if (settings === "help") {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const boxes = await makePlans(settings, root, readLocalAwsPlace(root));
  if (isList(boxes)) return makeList(boxes, settings, parallelFlag(args));
  const plan = localBoxPlan(boxes[0].plan);
  if (isPublished(plan)) {
    process.stdout.write(summary(root, plan, "nothing has changed since it was made"));
    return 0;
  }

  const announce = announceOn(process.stderr);
  const environment = await setUpFor([plan], announce);
  const order = stagesOf(plan);
  announce.line(
    `Making ${plan.boxName} ${plan.version} from ${plan.provenance["source"]}: ${order.join(", ")}`,
  );
  const started = Date.now();
  const stack = await openLocalStack(environment);
  const display = new ProgressDisplay(announce, order);
  const interruption = watchForInterruption(announce.line);
  const log = fs.createWriteStream(path.join(root, ".ami2box", "logs", "up.log"));
  try {
    await stack.up({
      configFile: writeRunSettings(root, {
        ...settings,
        box: { ...plan.settings.box, name: plan.boxName, version: plan.version },
      }),
      color: "never",
      signal: interruption.signal,
      onEvent: (event) => display.handle(event),
      onOutput: (text) => log.write(text),
      onError: (text) => log.write(text),
    });
  } catch (error) {
    const interrupted = interruption.status();
    if (interrupted !== undefined) {
      announce.line("Interrupted: no box was made. The same command goes on where this one ended.");
      return interrupted;
    }
    return tellFailure(display, error, log.path.toString());
  } finally {
    log.end();
  }
  process.stdout.write(summary(root, plan, `made in ${formatDuration(Date.now() - started)}`));
  const { publish, boxName } = plan;
  const registry = { store: openPlace(publish), boxes: [boxName], keep: publish.keep };
  for (const line of await retireVersions(registry)) announce.line(line);
  return 0;
}

function isList(boxes: readonly PlannedBox[]): boxes is readonly ListedBox[] {
  return boxes.every(({ key }) => key !== undefined);
}

async function makeList(
  boxes: readonly ListedBox[],
  settings: RawSettings,
  parallel: number | undefined,
): Promise<number> {
  const plans = boxes.map(({ plan }) => localBoxPlan(plan));
  if (plans.every(isPublished)) {
    process.stdout.write(`${publishedTable(boxes, projectRoot())}\n`);
    return 0;
  }
  const announce = announceOn(process.stderr);
  const environment = await setUpFor(plans, announce);
  return makeBoxes({ environment, settings, boxes, parallel, announce });
}

async function setUpFor(plans: readonly Plan[], announce: Announcer): Promise<Environment> {
  const environment = await setUp("box", announce);
  const isArm = plans.some(({ architectures }) => architectures.includes("arm64"));
  if (isArm && process.arch !== "arm64") await setUpTools("arm64", announce);
  return environment;
}

/** @throws InputError when the `local` stack's file names another target */
function localBoxPlan({ publish, ...plan }: Plan): BoxPlan {
  const { target } = plan.settings;
  if (target !== "local" || publish === undefined) {
    throw new InputError("settings", [
      `target: ${target} is none for npm run box, which works on this machine; set it to local, or run pulumi up on another stack`,
    ]);
  }
  return { ...plan, publish };
}

function tellFailure(display: ProgressDisplay, error: unknown, log: string): number {
  const reasons = display.failures.length > 0 ? display.failures : [(error as Error).message];
  process.stderr.write(`No box was made.\n${reasons.join("\n")}\nThe whole log: ${log}\n`);
  return 1;
}

if (require.main === module) {
  main(process.argv.slice(2)).then(
    (status) => (process.exitCode = status),
    (error: Error) => {
      process.stderr.write(`${error instanceof InputError ? error.message : error.stack}\n`);
      process.exitCode = 1;
    },
  );
}
