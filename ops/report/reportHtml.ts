import type { Report } from "./reportData";
import { timelineSvg } from "./timelineSvg";
import { escapeHtml, formatBytes } from "./htmlText";

/** What the page shows that is not in `report.json`. */
export interface ReportPageInputs {
  readonly report: Report;
  /** The screen at the end of the boot proof, a PNG; left out when there was none. */
  readonly screenshot?: Uint8Array;
  /** What `vagrant box add` is given. */
  readonly catalogUrl: string;
}

/** `report.html`: one file with everything in it, for people, readable on a telephone too. */
export function reportHtml({ report, screenshot, catalogUrl }: ReportPageInputs): string {
  const { box } = report;
  const title = `${escapeHtml(box.name)} ${escapeHtml(box.version)}`;
  const failed = report.checks.filter(({ ok }) => !ok).length;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${styles}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>${box.provider}, ${box.architecture}, ${formatBytes(box.bytes)}. ${verdict(report, failed)}</p>
</header>
<section>
<h2>Use it</h2>
<pre>vagrant box add ${escapeHtml(catalogUrl)}
vagrant init ${escapeHtml(box.name)} --box-version ${escapeHtml(box.version)}
vagrant up</pre>
</section>
<section>
<h2>Stages</h2>
${timelineSvg(report.stages)}
${table(
  ["Stage", "Seconds", "Read", "Written"],
  report.stages.map((stage) => [
    stage.name,
    stage.seconds.toFixed(1),
    formatBytes(stage.inputBytes),
    formatBytes(stage.outputBytes),
  ]),
)}
</section>
${screenshotSection(screenshot)}
<section>
<h2>Checks in the guest</h2>
${
  report.checks.length === 0
    ? "<p>The boot proof was turned off: this box has not been started.</p>"
    : table(
        ["", "Check", "Found"],
        report.checks.map(({ name, ok, detail }) => [ok ? "✓" : "✗", name, detail]),
      )
}
</section>
<section>
<h2>Changes made to the source</h2>
${table(
  ["Fix", "Found", "Verdict"],
  report.fixes.map(({ name, found, verdict }) => [name, found, verdict]),
)}
</section>
<section>
<h2>Where it comes from</h2>
${table(
  ["", ""],
  [
    ...Object.entries(report.provenance),
    ["recipe", report.recipe],
    ["sha256 of the box", box.sha256],
  ],
)}
</section>
</body>
</html>
`;
}

function verdict({ checks, bootProof }: Report, failed: number): string {
  if (bootProof === undefined) return "Not started before it was published.";
  const result = failed === 0 ? `all ${checks.length} checks passed` : `${failed} checks failed`;
  return `Started (${bootProof.accelerator}), reached by SSH after ${bootProof.secondsToSsh} s, ${result}.`;
}

function screenshotSection(screenshot: Uint8Array | undefined): string {
  if (screenshot === undefined) return "";
  const data = Buffer.from(screenshot).toString("base64");
  return `<section>
<h2>The screen at the end of the boot proof</h2>
<img alt="Screen of the guest at its login prompt" src="data:image/png;base64,${data}">
</section>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: "th" | "td"): string =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  const header = head.some((cell) => cell !== "") ? `<thead>${cells(head, "th")}</thead>` : "";
  return `<div class="scroll"><table>${header}<tbody>${rows
    .map((row) => cells(row, "td"))
    .join("\n")}</tbody></table></div>`;
}

const styles = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentcolor 20%, transparent); }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 60rem; }
h1 { margin-bottom: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; border-bottom: 1px solid var(--line); padding-bottom: .2rem; }
pre, .scroll { overflow-x: auto; }
pre { background: color-mix(in srgb, currentcolor 8%, transparent); padding: .75rem; border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; overflow-wrap: anywhere; }
tr + tr > td { border-top: 1px solid var(--line); }
img, svg { max-width: 100%; height: auto; }
`;
