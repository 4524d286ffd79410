import { money } from "../cost/money";
import { priceOrigin } from "../cost/priceOrigin";
import { shownQuantity, type ReportedCost, type Stay } from "../cost/reportedCost";
import { escapeHtml } from "./htmlText";

/** What a build cost in all; HTML. */
export function costTitle({ total, currency, unpriced }: ReportedCost): string {
  const more = unpriced.length > 0 ? " and what has no price" : "";
  return escapeHtml(`${money(total, currency)}${more}`);
}

/** What a build cost by resource and time, by whose prices, and what goes on to cost. */
export function costHtml(cost: ReportedCost): string {
  const { currency, lines, stays, until, spot } = cost;
  const rows = lines.map((line) => {
    const rate =
      line.rate === undefined ? "unknown" : `${money(line.rate, currency)} ${per(line.unit)}`;
    const sum = line.cost === undefined ? "price not known" : money(line.cost, currency);
    return row("td", [`${line.name}, ${line.what}`, shownQuantity(line), rate, sum]);
  });
  const notes = [
    `By the ${priceOrigin(cost)}; no bill was asked for.`,
    `Counted until ${until}, when the boxes were published: what is destroyed later costs until then.`,
    ...(spot ? ["The worker was a spot instance, which costs less than the price shown."] : []),
    ...(stays.length > 0
      ? [`After destroy: ${stays.map((each) => staying(each, currency)).join("; ")}.`]
      : []),
  ];
  return `<table class="cost">
<thead>${row("th", ["Resource", "Used", "Price", "Cost"])}</thead>
<tbody>${rows.join("\n")}</tbody>
</table>
${notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`).join("\n")}`;
}

function row(cell: "td" | "th", texts: readonly string[]): string {
  return `<tr>${texts.map((text) => `<${cell}>${escapeHtml(text)}</${cell}>`).join("")}</tr>`;
}

function per(unit: "hour" | "1000 requests"): string {
  return unit === "hour" ? "an hour" : "for 1000";
}

function staying({ name, what, perMonth, days }: Stay, currency: string): string {
  const span = days === undefined ? "" : `, for ${days} days`;
  return `${name} (${what}) ${money(perMonth, currency)} a month${span}`;
}
