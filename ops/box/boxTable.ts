import { formatDuration } from "../setup/log";
import type { BoxOutcome } from "./outcomes";

/** A box in the table that a run ends with. */
export interface BoxRow extends BoxOutcome {
  readonly label: string;
  readonly version: string;
  /** URL or path of the box, or the AMI; missing where there is none. */
  readonly where?: string | undefined;
}

/** One table of all boxes, and below it what those that failed said. */
export function boxTable(rows: readonly BoxRow[]): string {
  const cells = [
    ["box", "version", "outcome", "time", "where"],
    ...rows.map(({ label, version, outcome, seconds, where = "", failedIn }) => [
      label,
      version,
      failedIn === undefined ? outcome : `${outcome} in ${failedIn}`,
      outcome === "unchanged" ? "" : formatDuration(seconds * 1000),
      where,
    ]),
  ];
  const widths = cells[0]!.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const reasons = rows.flatMap(({ label, reasons: said }) =>
    said.map((line) => `${label}: ${line}`),
  );
  return [...lines, ...(reasons.length > 0 ? ["", ...reasons] : [])].join("\n");
}

/** Whether a box is there, and from the inputs it is to be made from. */
export function isThere({ outcome }: BoxOutcome): boolean {
  return outcome === "made" || outcome === "unchanged";
}
