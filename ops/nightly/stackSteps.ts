import * as fs from "node:fs";
import * as path from "node:path";

import { boxFileName, versionKey } from "../publish/registryStore";
import { openPlace } from "../publish/stores";
import { awsPlaceOf } from "../../settings/aws/awsPlace";
import { makePlans, type PlannedBox } from "../../settings/boxPlans";
import type { Plan } from "../../settings/plan";
import { isPublished } from "../box/published";
import type { Log } from "../setup/log";
import { privateFolder } from "../setup/folders";
import type { Environment } from "../setup";
import { settingsOf } from "../stackFile";
import { ListedBoxes, type OutputsByBox } from "./listedBoxes";
import type { Made, NightSteps } from "./night";
import { runPulumi } from "./pulumiCommand";

/** The stack of a night, and where its log goes. */
export interface NightStack {
  readonly environment: Environment;
  readonly stack: string;
  /** Operations of the engine at once, in a stack that lists boxes; undefined where nobody says. */
  readonly parallel: number | undefined;
  /** Folder of this night's logs. */
  readonly logs: string;
  /** Receives the lines that are worth showing at once. */
  readonly show: Log;
}

/** Lines that tell a stage's beginning, its end, and what went wrong. */
const worthShowing = /(^|\s)[a-z-]+: (started|done in .* s)$|error:/;

/** A night's steps on a stack, by the commands that people use: `pulumi up`, `pulumi destroy`. */
export function stackSteps(night: NightStack): NightSteps {
  const { root } = night.environment;
  const pulumi = (
    args: readonly string[],
    log?: string,
    signal?: AbortSignal,
    variables?: Readonly<Record<string, string>>,
  ): Promise<string> => {
    const file = log === undefined ? undefined : path.join(night.logs, log);
    return runPulumi([...args, "--stack", night.stack], {
      environment: { ...night.environment.variables, ...variables },
      directory: root,
      onLine: (line) => {
        if (file === undefined) return;
        fs.appendFileSync(file, `${line}\n`);
        if (worthShowing.test(line)) night.show(line.trim());
      },
      ...(signal && { signal }),
    });
  };
  const readConfig = async (): Promise<Record<string, unknown>> =>
    configValues(JSON.parse(await pulumi(["config", "--json", "--show-secrets"])) as ShownConfig);
  const plans = async (): Promise<[PlannedBox, ...PlannedBox[]]> => {
    const config = await readConfig();
    return makePlans(settingsOf({ config }), root, awsPlaceOf(config, process.env));
  };
  const upListed = async (boxes: ListedBoxes, signal: AbortSignal): Promise<Made> => {
    const { args, variables } = boxes.up(night.parallel, root);
    let failure: Error | undefined;
    try {
      await pulumi(["up", "--yes", "--skip-preview", ...args], "up.log", signal, variables);
    } catch (error) {
      failure = error as Error;
    }
    const made = boxes.made(await outputsByBox());
    if (made !== undefined && (failure === undefined || made.failed?.length !== 0)) return made;
    throw failure ?? new Error("pulumi up began no box and told of no failure");
  };
  const outputsByBox = async (): Promise<OutputsByBox> => {
    const outputs = JSON.parse(await pulumi(["stack", "output", "--json"])) as {
      boxes?: OutputsByBox;
    };
    return outputs.boxes ?? {};
  };
  let listed: ListedBoxes | undefined;
  return {
    findUnchanged: async () => {
      await runPulumi(["stack", "select", night.stack, "--create"], {
        environment: night.environment.variables,
        directory: root,
        onLine: () => undefined,
      });
      const wanted = await plans();
      const [{ key, plan }] = wanted;
      if (key === undefined) return isPublished(plan) ? madeBefore(plan) : undefined;
      const boxes = wanted.map((box) => ({ ...box, where: boxUrl(box.plan) }));
      listed = new ListedBoxes(boxes, night.logs);
      return listed.unchanged();
    },
    hasLeftovers: async () => {
      const state = JSON.parse(await pulumi(["stack", "export"])) as {
        deployment?: { resources?: { custom?: boolean; type?: string }[] };
      };
      return (state.deployment?.resources ?? []).some(
        ({ custom, type = "" }) => custom === true && !type.startsWith("pulumi:providers:"),
      );
    },
    up: async (signal) => {
      if (listed !== undefined) return upListed(listed, signal);
      await pulumi(["up", "--yes", "--skip-preview"], "up.log", signal);
      const outputs = JSON.parse(await pulumi(["stack", "output", "--json"])) as Outputs;
      return madeNow(outputs);
    },
    destroy: async (afterFailure) => {
      if (afterFailure) {
        // A run that was killed holds a lock; where none is held, this fails and nothing is lost.
        await pulumi(["cancel", "--yes"]).catch(() => undefined);
      }
      await pulumi(
        [
          "destroy",
          "--yes",
          "--skip-preview",
          "--continue-on-error",
          ...(afterFailure ? ["--refresh"] : []),
        ],
        "destroy.log",
      );
    },
  };
}

type Outputs = Readonly<Record<string, string | undefined>>;

function madeNow({ boxUrl, boxVersion, reportUrl, amiId }: Outputs): Made {
  return {
    what: boxVersion === undefined ? "the AMI" : `version ${boxVersion}`,
    places: placesOf({ AMI: amiId, box: boxUrl, report: reportUrl }),
  };
}

/** URL of the first box of a plan, published or to be. */
function boxUrl({ boxes: [box], boxName, version, publish }: Plan): string | undefined {
  if (box === undefined || publish === undefined) return undefined;
  const file = boxFileName(box.provider, box.architecture);
  return openPlace(publish).url(versionKey(boxName, version, file));
}

function madeBefore(plan: Plan): Made {
  const key = (file: string): string => versionKey(plan.boxName, plan.version, file);
  const store = plan.publish && openPlace(plan.publish);
  return {
    what: `${plan.boxName} ${plan.version}`,
    places: placesOf({
      box: boxUrl(plan),
      report: store?.url(key("report.html")),
    }),
  };
}

function placesOf(places: Outputs): string[] {
  return Object.entries(places).flatMap(([what, where]) =>
    where === undefined ? [] : [`${what} ${where}`],
  );
}

/** What `pulumi config --json` prints: a text, or an object for what is written as a group. */
type ShownConfig = Readonly<Record<string, { value?: string; objectValue?: unknown }>>;

function configValues(shown: ShownConfig): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(shown).map(([key, { value, objectValue }]) => [key, objectValue ?? value]),
  );
}

/** Folder of the logs of nights on a stack. */
export function nightlyLogs(root: string, stack: string): string {
  return path.join(privateFolder(root), "logs", "nightly", stack.replaceAll("/", "--"));
}
