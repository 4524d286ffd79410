import * as fs from "node:fs";
import * as path from "node:path";

import type { EngineEvent, Stack } from "@pulumi/pulumi/automation";

import { keyInName } from "../../components/boxNames";
import { onlyVariable, type PlannedBox } from "../../settings/boxPlans";
import { boxFileName, versionKey } from "../publish/registryStore";
import { openPlace } from "../publish/stores";
import { retireVersions } from "../registry/retire";
import { openLocalStack, writeRunSettings } from "../localStack";
import type { Environment } from "../setup";
import type { Announcer } from "../setup/log";
import { boxTable, isThere, type BoxRow } from "./boxTable";
import type { RawSettings } from "./flags";
import { watchForInterruption } from "./interruption";
import { BoxOutcomes, type BoxOutcome } from "./outcomes";
import { chooseParallel } from "./parallel";
import { ProgressDisplay } from "./progress";
import { isPublished } from "./published";
import { stagesOf } from "./stageOrder";

/** A box of a stack that lists boxes. */
export type ListedBox = PlannedBox & { readonly key: string };

export interface ManyBoxes {
  readonly environment: Environment;
  readonly settings: RawSettings;
  readonly boxes: readonly ListedBox[];
  /** How many at once; by default as many as the machine has room for. */
  readonly parallel: number | undefined;
  readonly announce: Announcer;
}

/** Makes the boxes of the `local` stack, several at once, prints one table, and returns the exit status. */
export async function makeBoxes(run: ManyBoxes): Promise<number> {
  const { environment, settings, boxes, announce } = run;
  const { root } = environment;
  const stack = await openLocalStack(environment);
  const wanted = await chooseBoxes(stack, boxes);
  const chosen = chooseParallel(wanted, root);
  const { operations, inWords } = run.parallel
    ? { operations: run.parallel, inWords: `${run.parallel} at once` }
    : chosen;
  announce.line(
    `Making ${wanted.length} of ${boxes.length} boxes, ${inWords}: ${wanted.map(({ label }) => label).join(", ")}`,
  );
  if (chosen.warning !== undefined) announce.line(chosen.warning);
  stack.workspace.envVars[onlyVariable] = wanted.map(({ label }) => label).join(",");
  const outcomes = new BoxOutcomes(wanted.map(({ key }) => key));
  const show = displayOf(wanted, announce);
  const interruption = watchForInterruption(announce.line);
  const log = fs.createWriteStream(path.join(root, ".ami2box", "logs", "up.log"));
  let failure: unknown;
  try {
    await stack.up({
      configFile: writeRunSettings(root, pinned(settings, boxes)),
      color: "never",
      continueOnError: true,
      parallel: operations,
      signal: interruption.signal,
      onEvent: (event) => {
        outcomes.handle(event);
        show(event);
      },
      onOutput: (text) => log.write(text),
      onError: (text) => log.write(text),
    });
  } catch (error) {
    failure = error;
  } finally {
    log.end();
  }
  const rows = boxes.map((box) =>
    rowOf(box, wanted.includes(box) ? outcomes.of(box.key) : unchanged, root),
  );
  process.stdout.write(`${boxTable(rows)}\n`);
  for (const line of await retireOld(boxes)) announce.line(line);
  if (failure === undefined) return 0;
  if (rows.every(isThere)) process.stderr.write(`${(failure as Error).message}\n`);
  process.stderr.write(`The whole log: ${log.path.toString()}\n`);
  return interruption.status() ?? 1;
}

/** Removes old versions, where the settings say how many stay. */
async function retireOld(boxes: readonly ListedBox[]): Promise<string[]> {
  const place = boxes[0]?.plan.publish;
  if (place === undefined) return [];
  const names = [...new Set(boxes.map(({ plan }) => plan.boxName))];
  return retireVersions({ store: openPlace(place), boxes: names, keep: place.keep });
}

/** What has not been published yet, and what the stack holds already, which is not to be thrown away. */
async function chooseBoxes(
  stack: Stack,
  boxes: readonly ListedBox[],
): Promise<readonly ListedBox[]> {
  const held = await keysInState(stack);
  return boxes.filter(({ key, plan }) => !isPublished(plan) || held.has(key));
}

async function keysInState(stack: Stack): Promise<ReadonlySet<string | undefined>> {
  const { deployment } = (await stack.exportStack()) as {
    deployment?: { resources?: { urn: string }[] };
  };
  const resources = deployment?.resources ?? [];
  return new Set(resources.map(({ urn }) => keyInName(urn.slice(urn.lastIndexOf("::") + 2))));
}

/** The settings with each box's name and version as they were planned, whatever the time is by then. */
function pinned(settings: RawSettings, boxes: readonly ListedBox[]): RawSettings {
  const entries = settings["boxes"] as RawSettings[];
  return {
    ...settings,
    boxes: boxes.map(({ plan: { boxName: name, version } }, index) => {
      const own = entries[index] ?? {};
      return { ...own, box: { ...(own["box"] as RawSettings | undefined), name, version } };
    }),
  };
}

/** Of the preflight's table one line is enough for each of many boxes; its report has all of it. */
function isTableRow(line: string): boolean {
  return /^ {6}(?!\d+ checks: )/.test(line);
}

/** Shows of each box what its stages say, with the box's label before it. */
function displayOf(boxes: readonly ListedBox[], announce: Announcer): (event: EngineEvent) => void {
  const displays = new Map(
    boxes.map(({ key, label, plan }) => [
      key,
      new ProgressDisplay(
        {
          line: (line) => {
            if (!isTableRow(line)) announce.line(`${label} ${line.trim()}`);
          },
          progress: (line) => announce.progress(`${label} ${line.trim()}`),
        },
        stagesOf(plan),
      ),
    ]),
  );
  return (event) => {
    const urn = event.diagnosticEvent?.urn ?? "";
    displays.get(keyInName(urn.slice(urn.lastIndexOf("::") + 2)) ?? "")?.handle(event);
  };
}

/** The table of boxes that all are published already. */
export function publishedTable(boxes: readonly PlannedBox[], root: string): string {
  return boxTable(boxes.map((box) => rowOf(box, unchanged, root)));
}

const unchanged: BoxOutcome = { outcome: "unchanged", seconds: 0, reasons: [] };

/** @param root the project's folder; paths below it are shown from there */
function rowOf({ label, plan }: PlannedBox, made: BoxOutcome, root: string): BoxRow {
  const { version, publish, boxName } = plan;
  if (publish === undefined || !isThere(made)) return { ...made, label, version };
  const store = openPlace(publish);
  const first = plan.boxes[0]!;
  const place = store.locate(
    versionKey(boxName, version, boxFileName(first.provider, first.architecture)),
  );
  const near = path.relative(root, place);
  const where = "bucket" in publish || near.startsWith("..") ? place : near;
  return { ...made, label, version, where };
}
