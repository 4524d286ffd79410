import * as fs from "node:fs";
import * as path from "node:path";

import type { EngineEvent } from "@pulumi/pulumi/automation";

import { onlyVariable, type PlannedBox } from "../../settings/boxPlans";
import { boxTable, isThere, type BoxRow } from "../box/boxTable";
import { BoxOutcomes } from "../box/outcomes";
import { chooseParallel } from "../box/parallel";
import { isPublished } from "../box/published";
import type { Made } from "./night";

/** What a stack gives out of its boxes, by their labels. */
export type OutputsByBox = Readonly<Record<string, Readonly<Record<string, string | undefined>>>>;

/** The boxes of a stack that lists them, in a night. */
export class ListedBoxes {
  private readonly changed: readonly PlannedBox[];

  /**
   * @param boxes of the stack, with where each is found when it is published already
   */
  constructor(
    private readonly boxes: readonly (PlannedBox & { readonly where?: string | undefined })[],
    private readonly logs: string,
  ) {
    this.changed = boxes.filter(({ plan }) => !isPublished(plan));
  }

  /** What is there, when nothing has changed of any box. */
  public unchanged(): Made | undefined {
    return this.changed.length > 0
      ? undefined
      : { what: `${this.boxes.length} boxes were made`, ...seeTable(this.rows(undefined, {})) };
  }

  /**
   * The arguments of `pulumi up`, and the variables besides.
   *
   * @param parallel operations at once; by default as {@link chooseParallel} says
   */
  public up(
    parallel: number | undefined,
    root: string,
  ): { args: string[]; variables: Record<string, string> } {
    const operations = parallel ?? chooseParallel(this.changed, root).operations;
    fs.mkdirSync(this.logs, { recursive: true });
    return {
      args: [
        "--continue-on-error",
        ...["--parallel", String(operations)],
        ...["--event-log", this.eventLog()],
      ],
      variables: {
        [onlyVariable]: this.changed.map(({ label }) => label).join(","),
        // The engine's own flag for programs that follow it, as Pulumi's Automation API does.
        PULUMI_DEBUG_COMMANDS: "true",
      },
    };
  }

  /**
   * What a run made.
   *
   * @param outputs of the stack after it
   * @returns undefined when the run ended before any box was begun
   */
  public made(outputs: OutputsByBox): Made | undefined {
    const outcomes = new BoxOutcomes(this.changed.map(({ key = "" }) => key));
    let events = 0;
    for (const event of this.events()) {
      outcomes.handle(event);
      if (event.resourcePreEvent !== undefined) events++;
    }
    if (events === 0) return undefined;
    const rows = this.rows(outcomes, outputs);
    const missing = rows.filter((row) => !isThere(row));
    const count = rows.length - missing.length;
    return {
      what: missing.length > 0 ? `${count} of ${rows.length} boxes` : `${count} boxes`,
      ...seeTable(rows),
      failed: missing.map(({ label, failedIn, outcome }) =>
        failedIn === undefined ? `${label} (${outcome})` : `${label} (${failedIn})`,
      ),
    };
  }

  private rows(outcomes: BoxOutcomes | undefined, outputs: OutputsByBox): BoxRow[] {
    return this.boxes.map((box): BoxRow => {
      const { label, key = "", plan, where } = box;
      if (outcomes === undefined || !this.changed.includes(box)) {
        const { version } = plan;
        return { label, version, outcome: "unchanged", seconds: 0, reasons: [], where };
      }
      const { boxVersion = plan.version, boxUrl, amiId } = outputs[label] ?? {};
      return { ...outcomes.of(key), label, version: boxVersion, where: boxUrl ?? amiId };
    });
  }

  private eventLog(): string {
    return path.join(this.logs, "events.jsonl");
  }

  private events(): EngineEvent[] {
    if (!fs.existsSync(this.eventLog())) return [];
    return fs
      .readFileSync(this.eventLog(), "utf8")
      .split("\n")
      .flatMap((line) => {
        try {
          return [JSON.parse(line) as EngineEvent];
        } catch {
          // The end of what an engine wrote that was killed.
          return [];
        }
      });
  }
}

function seeTable(rows: readonly BoxRow[]): Pick<Made, "places" | "table"> {
  return { places: ["each in the table above"], table: boxTable(rows) };
}
