/** `ok`, `problem` (a command will fail), or `note` (worth knowing, set-up or a fall-back copes). */
export type Status = "ok" | "problem" | "note";

/** One row of the doctor's table. */
export interface Check {
  readonly name: string;
  readonly status: Status;
  /** What was found. */
  readonly found: string;
  /** What to do; absent if nothing need be done. */
  readonly remedy?: string;
}

const MARKS: Record<Status, string> = { ok: "ok", problem: "MISSING", note: "note" };

function pad(text: string, width: number): string {
  return text.padEnd(width);
}

/** The checks as a table, the remedy on a line of its own below its row. */
export function formatTable(checks: readonly Check[]): string {
  const nameWidth = Math.max(...checks.map((check) => check.name.length));
  const markWidth = Math.max(...Object.values(MARKS).map((mark) => mark.length));
  return checks
    .flatMap((check) => {
      const row = `${pad(MARKS[check.status], markWidth)}  ${pad(check.name, nameWidth)}  ${check.found}`;
      const indent = " ".repeat(markWidth + nameWidth + 4);
      return check.remedy === undefined ? [row] : [row, `${indent}-> ${check.remedy}`];
    })
    .join("\n");
}

/**
 * The last line of the report.
 *
 * @param command what the problems keep from working
 */
export function summary(checks: readonly Check[], command = "npm run box"): string {
  const problems = checks.filter((check) => check.status === "problem").length;
  if (problems === 0) return "Everything that is needed is there, or set-up will bring it.";
  return `${problems} thing${problems === 1 ? "" : "s"} to mend before \`${command}\` can work.`;
}
