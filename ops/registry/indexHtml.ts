import type { CatalogProvider, CatalogVersion } from "../../formats/catalog";
import { escapeHtml, formatBytes } from "../report/htmlText";
import { reportStyles } from "../report/reportStyles";
import { vagrantCommands } from "../vagrantCommands";
import type { RegistryCatalog } from "./standing";

/**
 * A box's page for people, made from its catalog alone: versions, sizes, checksums, reports, and the
 * commands to paste. One file without scripts or anything fetched.
 *
 * @param catalogUrl where Vagrant finds the catalog
 */
export function indexHtml(catalog: RegistryCatalog, catalogUrl: string): string {
  const { name, description = "", versions } = catalog;
  const newestFirst = [...versions].reverse();
  const commands = vagrantCommands({ catalog: catalogUrl, name });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(name)}</title>
<style>${reportStyles}${indexStyles}</style>
</head>
<body>
<header>
<p class="kind">Vagrant box</p>
<h1>${escapeHtml(name)}</h1>
${description === "" ? "" : `<p class="verdict">${escapeHtml(description)}</p>`}
</header>
<section>
<h2>Use it</h2>
<ul class="commands">
${commands.map((command) => `<li><code>${escapeHtml(command)}</code></li>`).join("\n")}
</ul>
<p class="also">Or download the <a href="Vagrantfile">Vagrantfile</a> and run <code>vagrant up</code> beside it.
Later, <code>vagrant box update</code> brings the newest version.</p>
</section>
<section>
<h2>Versions <small>${newestFirst.length}, the newest first</small></h2>
${newestFirst.map((version, index) => versionHtml(version, index === 0)).join("\n")}
</section>
${yankedHtml(catalog)}
<footer>${escapeHtml(catalogUrl)}</footer>
</body>
</html>
`;
}

const indexStyles = `
.also { margin-top: .8rem !important; color: var(--muted); font-size: .9rem; }
article { padding: .8rem 0; border-bottom: 1px solid var(--line); }
article:last-child { border-bottom: 0; padding-bottom: 0; }
article h3 { margin: 0 0 .3rem; font-size: 1.1rem; }
article h3 small { font-weight: 400; color: var(--muted); }
article ul { margin: 0; padding: 0; list-style: none; }
article li { overflow-wrap: anywhere; font-size: .9rem; }
article code { font-size: .85em; color: var(--muted); }
a { color: var(--accent); }
`;

function versionHtml(entry: CatalogVersion, isCurrent: boolean): string {
  const { version, providers, created_at: created } = entry;
  const notes = [
    ...(isCurrent ? ["current"] : []),
    ...(typeof created === "string" ? [created.slice(0, 10)] : []),
  ];
  const folder = encodeURIComponent(version);
  return `<article>
<h3>${escapeHtml(version)} <small>${escapeHtml(notes.join(", "))}</small></h3>
<ul>
${providers.map(providerHtml).join("\n")}
<li><a href="${folder}/report.html">report</a> · <a href="${folder}/SHA256SUMS">SHA256SUMS</a></li>
</ul>
</article>`;
}

function providerHtml(provider: CatalogProvider): string {
  const { name, architecture = "amd64", url, checksum, size } = provider;
  return (
    `<li><a href="${escapeHtml(url)}">${escapeHtml(`${name} ${architecture}`)}</a>` +
    `${typeof size === "number" ? `, ${formatBytes(size)}` : ""}` +
    `${checksum === undefined ? "" : `<br><code>${escapeHtml(checksum)}</code>`}</li>`
  );
}

function yankedHtml({ yanked = [] }: RegistryCatalog): string {
  if (yanked.length === 0) return "";
  const names = yanked.map(({ version }) => escapeHtml(version)).join(", ");
  return `<section>\n<h2>Withdrawn</h2>\n<p>${names}</p>\n</section>`;
}
