import { monthlySum } from "./table";
import type { Leftover } from "./leftovers";

/** How a sweep went. */
export interface SweepOutcome {
  readonly regions: readonly string[];
  /** Everything of ours that is not left over. */
  readonly staying: number;
  readonly leftovers: readonly Leftover[];
  /** Whether they were to be deleted. */
  readonly isDeleting: boolean;
  /** Those that could not be. */
  readonly failed: readonly Leftover[];
  /** Whether everything could be looked at. */
  readonly isWhole: boolean;
  readonly currency: string;
}

/** The one line that says what was found and what became of it. */
export function outcomeLine(outcome: SweepOutcome): string {
  const { regions, staying, leftovers, isDeleting, failed, isWhole } = outcome;
  const where = `in ${[...new Set(regions)].join(", ")}`;
  const rest = [
    ...(staying > 0 ? [`${countOf(staying, "resource")} of ours stay`] : []),
    ...(isWhole ? [] : ["NOT ALL COULD BE LOOKED AT"]),
  ];
  const tail = rest.map((text) => `; ${text}`).join("");
  if (leftovers.length === 0) return `sweep: nothing is left over ${where}${tail}`;
  if (!isDeleting) {
    return `sweep: ${costOf(leftovers, outcome)} ${where}; nothing was deleted, --yes does it${tail}`;
  }
  if (failed.length === 0) return `sweep: deleted ${costOf(leftovers, outcome)} ${where}${tail}`;
  return `sweep: ${failed.length} OF ${costOf(leftovers, outcome)} ${where} COULD NOT BE DELETED; run the same command again${tail}`;
}

function costOf(leftovers: readonly Leftover[], { currency }: SweepOutcome): string {
  const unknown = leftovers.some(({ monthlyCost }) => monthlyCost === undefined);
  const cost = `${currency} ${monthlySum(leftovers).toFixed(2)} a month${unknown ? " and more" : ""}`;
  return `${countOf(leftovers.length, "leftover")} (${cost})`;
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
