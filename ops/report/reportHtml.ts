import { vagrantCommands } from "../vagrantCommands";
import { accessNote, guestEntries, packageList } from "./guestHtml";
import { costHtml, costTitle } from "./costHtml";
import { boxesHtml } from "./boxesHtml";
import { escapeHtml, formatBytes, formatSeconds } from "./htmlText";
import type { Check, Finding, Fix, Report } from "./reportData";
import { reportStyles } from "./reportStyles";
import { timelineSvg } from "./timelineSvg";

/** What the page shows that is not in `report.json`. */
export interface ReportPageInputs {
  readonly report: Report;
  /** The screen at the end of the boot proof, a PNG; left out when there was none. */
  readonly screenshot?: Uint8Array;
  /** Path or URL of the catalog. */
  readonly catalog: string;
}

/** `report.html`: one file with everything in it, for people, readable on a telephone too. */
export function reportHtml({ report, screenshot, catalog }: ReportPageInputs): string {
  const { box, stages, checks, preflight, fixes } = report;
  const total = stages.reduce((sum, { seconds }) => sum + seconds, 0);
  const commands = vagrantCommands({ catalog, name: box.name, version: box.version });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(`${box.name} ${box.version}`)}</title>
<style>${reportStyles}</style>
</head>
<body>
<header>
<p class="kind">Vagrant box for ${escapeHtml(box.provider)}, ${escapeHtml(box.architecture)}</p>
<h1>${escapeHtml(box.name)} <small>${escapeHtml(box.version)}</small></h1>
${verdict(report)}
<dl class="facts">${keyFacts(report, total)}</dl>
</header>
${section("Use it", `<ul class="commands">${list(commands.map((each) => `<code>${escapeHtml(each)}</code>`))}</ul>${accessNote(report.guest)}`)}
${report.boxes.length > 1 ? section("Boxes of this version", boxesHtml(report.boxes)) : ""}
${section(`Stages <small>${formatSeconds(total)} in all</small>`, timelineSvg(stages) + sizes(report))}
${screenshot === undefined ? "" : section("The screen at the end of the boot proof", screen(screenshot))}
${section("Checks in the guest", guestChecks(checks))}
${section("Preflight: what was found before anything was made", preflightFindings(preflight))}
${section("Fixes: what was mended in the source", sourceFixes(fixes))}
${section("The guest", guestSection(report))}
${report.cost === undefined ? "" : section(`Cost <small>${costTitle(report.cost)}</small>`, costHtml(report.cost))}
${section("Where it comes from", origin(report))}
<footer>Made by ami2box. The same facts for programs: <a href="report.json">report.json</a></footer>
</body>
</html>
`;
}

/** @param title HTML, not text */
function section(title: string, content: string): string {
  return `<section>\n<h2>${title}</h2>\n${content}\n</section>`;
}

function list(items: readonly string[]): string {
  return items.map((item) => `<li>${item}</li>`).join("\n");
}

function terms(entries: readonly (readonly [string, string])[]): string {
  return entries
    .map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`)
    .join("\n");
}

function verdict({ checks, bootProof }: Report): string {
  const failed = checks.filter(({ ok }) => !ok).length;
  const line = (kind: "good" | "warn" | "bad", text: string): string =>
    `<p class="verdict ${kind}">${text}</p>`;
  if (bootProof === undefined)
    return line("warn", "! Never started: the boot proof was turned off.");
  if (failed > 0) return line("bad", `✗ Started, and ${failed} of ${checks.length} checks failed.`);
  return line("good", `✓ Started and logged into before it was published; every check passed.`);
}

function keyFacts({ box, checks, bootProof }: Report, totalSeconds: number): string {
  const passed = checks.filter(({ ok }) => ok).length;
  const facts: [string, string][] = [
    ["Size of the box", formatBytes(box.bytes)],
    ["Made in", formatSeconds(totalSeconds)],
  ];
  if (bootProof !== undefined) {
    facts.push(
      ["Checks passed", `${passed} of ${checks.length}`],
      [`SSH after (${bootProof.accelerator})`, formatSeconds(bootProof.secondsToSsh)],
    );
  }
  return facts.map((fact) => `<div>${terms([fact])}</div>`).join("\n");
}

function sizes({ stages }: Report): string {
  const rows = stages.map(({ name, inputBytes, outputBytes }) => {
    const cells = [escapeHtml(name), formatBytes(inputBytes), formatBytes(outputBytes)];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  });
  return `<table>
<thead><tr><th>Stage</th><th>Read</th><th>Written</th></tr></thead>
<tbody>${rows.join("\n")}</tbody>
</table>`;
}

function screen(screenshot: Uint8Array): string {
  const data = Buffer.from(screenshot).toString("base64");
  return `<figure class="screen"><img alt="Screen of the guest" src="data:image/png;base64,${data}"></figure>`;
}

function guestChecks(checks: readonly Check[]): string {
  if (checks.length === 0) return "<p>None: the box has not been started.</p>";
  const failedFirst = [...checks.filter(({ ok }) => !ok), ...checks.filter(({ ok }) => ok)];
  return markedList(
    failedFirst.map(({ name, ok, skipped, detail }) => {
      if (!ok) return ["bad", "✗", name, detail];
      return skipped === true ? ["warn", "–", name, detail] : ["good", "✓", name, detail];
    }),
  );
}

function preflightFindings(rows: readonly Finding[]): string {
  if (rows.length === 0) return "<p>Nothing was looked at.</p>";
  return markedList(
    rows.map(({ check, found, verdict: judgement, remedy }) => {
      if (judgement === "ok") return ["good", "✓", check, found];
      return judgement === "fix"
        ? ["warn", "✎", `${check}: to be mended`, `${found}; ${remedy}`]
        : ["warn", "–", `${check}: skipped`, `${found}; ${remedy}`];
    }),
  );
}

function sourceFixes(fixes: readonly Fix[]): string {
  if (fixes.length === 0) return "<p>Nothing was looked at.</p>";
  return markedList(
    fixes.map(({ name, found, verdict: judgement, remedy }) => {
      if (judgement === "ok") return ["good", "✓", name, found];
      return judgement === "fix"
        ? ["warn", "✎", `${name}: mended`, `found: ${found}; done: ${remedy}`]
        : ["warn", "–", `${name}: skipped`, `found: ${found}; ${remedy}`];
    }),
  );
}

type MarkedItem = readonly [
  kind: "good" | "warn" | "bad",
  mark: string,
  name: string,
  detail: string,
];

function markedList(entries: readonly MarkedItem[]): string {
  const items = entries.map(([kind, mark, name, detail]) => {
    const more = detail === "" ? "" : `<small>${escapeHtml(detail)}</small>`;
    return `<b class="${kind}">${mark}</b>${escapeHtml(name)}${more}`;
  });
  return `<ul class="findings">\n${list(items)}\n</ul>`;
}

function guestSection({ guest, packages }: Report): string {
  const facts = guest === undefined ? "" : `<dl class="origin">${terms(guestEntries(guest))}</dl>`;
  return facts + packageList(packages);
}

function origin({ box, provenance, recipe }: Report): string {
  // `archiveState` is for programs; people read `archive state`.
  const inWords = (name: string): string =>
    name.replace(
      /([a-z])([A-Z])/g,
      (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
    );
  const facts = Object.entries(provenance).map(([name, value]) => [inWords(name), value] as const);
  return `<dl class="origin">${terms([...facts, ["recipe", recipe], ["sha256 of the box", box.sha256]])}</dl>`;
}
