import type { EngineEvent } from "@pulumi/pulumi/automation";

import type { StageName } from "../../components/stages";
import type { Announcer } from "../setup/log";
import { stageOf } from "./stageOfResource";

/**
 * Shows the run of the chain from the engine's events: each stage as it starts, what it says, and how it
 * ends. Stages say what they do on stderr, a line at a time, beginning with their name.
 */
export class ProgressDisplay {
  private readonly errors: string[] = [];

  constructor(
    private readonly announce: Announcer,
    private readonly order: readonly StageName[],
  ) {}

  /** Takes the next event of the engine. */
  public handle(event: EngineEvent): void {
    const diagnostic = event.diagnosticEvent;
    if (diagnostic !== undefined) {
      for (const line of diagnostic.message.split("\n")) {
        this.handleLine(diagnostic.urn, diagnostic.severity, line.trim());
      }
    }
  }

  /** What stages said of their failure: the reason, after the end of a log where that helps. */
  public get failures(): readonly string[] {
    return this.errors;
  }

  private handleLine(urn: string | undefined, severity: string, line: string): void {
    const stage = stageOf(urn);
    if (stage === undefined || severity.startsWith("error")) return;
    const text = plain(line);
    if (text.startsWith(`${stage}: error: `) || text.startsWith("| ")) {
      this.errors.push(text.replace(": error: ", ": "));
      return;
    }
    if (!text.startsWith(`${stage}: `)) return;
    if (stage === "preflight" && this.handleTable(text.slice("preflight: ".length))) return;
    const shown = `[${this.order.indexOf(stage) + 1}/${this.order.length}] ${text}`;
    const isMilestone = / (started|done in .* s)$/.test(text);
    if (isMilestone) this.announce.line(shown);
    else this.announce.progress(shown);
  }

  /**
   * Shows of the preflight's table what is not in order, and the line that adds it up; the log has the rest.
   *
   * @returns whether the line belongs to the table
   */
  private handleTable(line: string): boolean {
    if (/^\d+ checks: /.test(line)) {
      this.announce.line(`      ${line}`);
      return true;
    }
    if (!line.startsWith("  ")) return false;
    const row = line.trim().split(/ {2,}/);
    if (row.some((cell) => cell === "fix" || cell === "skipped" || cell === "refuse")) {
      this.announce.line(`      ${line.trim()}`);
    }
    return true;
  }
}

/** A line without the engine's marks of colours, `<{%name%}>`. */
export function plain(line: string): string {
  return line.replace(/<\{%[^%]*%\}>/g, "");
}
