import type { EngineEvent } from "@pulumi/pulumi/automation";

import { keyInName } from "../../components/boxNames";
import { plain } from "./progress";
import { stageOf } from "./stageOfResource";

/** How a box came out of a run. */
export interface BoxOutcome {
  readonly outcome: "made" | "unchanged" | "failed" | "not finished";
  /** Seconds from its first resource to its last. */
  readonly seconds: number;
  /** Stage or resource that failed first. */
  readonly failedIn?: string;
  /** What that said, a line each. */
  readonly reasons: readonly string[];
}

interface Seen {
  begun?: number;
  last: number;
  changed: boolean;
  failedIn?: string;
  readonly open: Set<string>;
  readonly reasons: string[];
}

/** What became of each box of a stack, from the engine's events. */
export class BoxOutcomes {
  private readonly boxes = new Map<string, Seen>();

  constructor(keys: readonly string[]) {
    for (const key of keys) {
      this.boxes.set(key, { last: 0, changed: false, open: new Set(), reasons: [] });
    }
  }

  /** Takes the next event of the engine. */
  public handle(event: EngineEvent): void {
    const { timestamp, resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent } =
      event;
    const step = resourcePreEvent ?? resOutputsEvent ?? resOpFailedEvent;
    const urn = step?.metadata.urn ?? diagnosticEvent?.urn;
    const box = this.boxOf(urn);
    if (box === undefined || urn === undefined) return;
    if (diagnosticEvent !== undefined) {
      this.note(box, urn, diagnosticEvent.message);
      return;
    }
    box.begun ??= timestamp;
    box.last = timestamp;
    if (resourcePreEvent && !["same", "read", "refresh"].includes(resourcePreEvent.metadata.op)) {
      box.changed = true;
      box.open.add(urn);
    }
    if (resOutputsEvent) box.open.delete(urn);
    if (resOpFailedEvent) box.failedIn ??= nameOfStep(urn);
  }

  /** How a box came out, once the engine is done. */
  public of(key: string): BoxOutcome {
    const box = this.boxes.get(key);
    if (box?.begun === undefined) return { outcome: "not finished", seconds: 0, reasons: [] };
    const seconds = box.last - box.begun;
    if (box.failedIn !== undefined) {
      return { outcome: "failed", seconds, failedIn: box.failedIn, reasons: box.reasons };
    }
    if (!box.changed) return { outcome: "unchanged", seconds, reasons: [] };
    const { size } = box.open;
    return { outcome: size > 0 ? "not finished" : "made", seconds, reasons: [] };
  }

  private boxOf(urn: string | undefined): Seen | undefined {
    const key = urn === undefined ? undefined : keyInName(nameIn(urn));
    return key === undefined ? undefined : this.boxes.get(key);
  }

  /** Keeps what a stage says of its failure, and of what is no stage all errors. */
  private note(box: Seen, urn: string, message: string): void {
    const stage = stageOf(urn);
    for (const line of message.split("\n").map((text) => plain(text).trim())) {
      const isReason =
        stage === undefined ? line.startsWith("error: ") : line.startsWith(`${stage}: error: `);
      if (isReason && !box.reasons.includes(line)) box.reasons.push(line);
    }
  }
}

function nameIn(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

function nameOfStep(urn: string): string {
  const name = nameIn(urn);
  return stageOf(urn) ?? name.slice(name.indexOf(":") + 1);
}
