import type { Leftover } from "./leftovers";

/** The leftovers as people read them: what, whose, why, how old, and what a month of it costs. */
export function leftoverTable(leftovers: readonly Leftover[], now: Date): string {
  const rows = [
    ["kind", "id", "region", "stack", "why", "age", "USD a month"],
    ...leftovers.map(({ kind, id, region = "", ownership, reason, created, monthlyCost }) => [
      kind,
      id,
      region,
      `${ownership.project}/${ownership.stack}`,
      reason,
      created === undefined ? "not known" : formatAge(now.getTime() - created.getTime()),
      monthlyCost === undefined ? "not known" : monthlyCost.toFixed(2),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** What all of it costs a month, as far as its prices are known. */
export function monthlySum(leftovers: readonly Leftover[]): number {
  return leftovers.reduce((sum, { monthlyCost = 0 }) => sum + monthlyCost, 0);
}

function formatAge(milliseconds: number): string {
  const hours = Math.max(0, milliseconds) / 3_600_000;
  if (hours < 1) return `${Math.round(hours * 60)} min`;
  return hours < 48 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} days`;
}
