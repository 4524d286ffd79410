/** The style sheet of `report.html`, for light and dark screens, from a telephone's width up. */
export const reportStyles = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1c2430, #e3e8ef);
  --muted: light-dark(#5b6675, #98a3b3);
  --page: light-dark(#f5f7fa, #12161d);
  --card: light-dark(#ffffff, #1a202a);
  --line: light-dark(#e2e7ee, #2b3340);
  --accent: light-dark(#2563eb, #60a5fa);
  --good: light-dark(#15803d, #4ade80);
  --warn: light-dark(#b45309, #fbbf24);
  --bad: light-dark(#b91c1c, #f87171);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: clamp(1rem, 4vw, 3rem) 1rem; max-width: 58rem;
  font: 16px/1.55 system-ui, sans-serif; color: var(--text); background: var(--page);
  -webkit-text-size-adjust: 100%;
}
h1 { margin: 0; font-size: clamp(1.7rem, 6vw, 2.5rem); line-height: 1.15; overflow-wrap: anywhere; }
h1 small { font-size: .6em; font-weight: 500; color: var(--muted); }
h2 { margin: 0 0 .8rem; font-size: 1.05rem; }
h2 small { font-weight: 400; color: var(--muted); }
section, .facts div {
  background: var(--card); border: 1px solid var(--line); border-radius: 12px;
}
section { margin-top: 1rem; padding: 1.1rem clamp(1rem, 3vw, 1.5rem); }
section p { margin: 0; }
.kind { margin: 0 0 .3rem; color: var(--muted); font-size: .9rem; }
.verdict { margin: .8rem 0 0; font-weight: 600; }
.good { color: var(--good); }
.warn { color: var(--warn); }
.bad { color: var(--bad); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1.25rem 0 0; }
.facts div { padding: .7rem .9rem; }
dt { color: var(--muted); font-size: .85rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.facts dd { font-size: 1.25rem; font-weight: 600; }
code, .screen { font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
.commands { margin: 0; padding: 0; list-style: none; font-size: .9rem; }
.commands li { padding-left: 1.4em; text-indent: -1.4em; overflow-wrap: anywhere; }
.commands li::before { content: "$"; display: inline-block; width: 1.4em; text-indent: 0; color: var(--muted); }
.timeline { display: block; font-size: 14px; fill: currentcolor; }
.timeline .time { fill: var(--muted); font-variant-numeric: tabular-nums; }
.timeline .track { fill: var(--line); }
.timeline .bar { fill: var(--accent); }
table { width: 100%; margin-top: 1rem; border-collapse: collapse; font-size: .9rem; }
th { color: var(--muted); font-weight: 400; }
th, td { padding: .35rem 0; text-align: left; border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }
th + th, td + td { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; padding-left: .5rem; }
.findings { margin: 0; padding: 0; list-style: none; columns: 22rem; column-gap: 2rem; font-size: .95rem; }
.findings li { position: relative; padding: .2rem 0 .2rem 1.6rem; break-inside: avoid; overflow-wrap: anywhere; }
.findings li > b { position: absolute; left: 0; width: 1.2rem; text-align: center; }
.findings small { display: block; color: var(--muted); font-size: .85rem; line-height: 1.4; }
.screen { margin: 0 auto; max-width: 36rem; padding: .5rem; background: #000; border-radius: 8px; }
.screen img { display: block; width: 100%; height: auto; }
.note { margin-top: .8rem; font-size: .9rem; color: var(--muted); }
.note code { display: block; color: var(--text); overflow-wrap: anywhere; }
summary { cursor: pointer; padding: .4rem 0; font-weight: 600; }
.cost { overflow-wrap: anywhere; }
.cost th + th, .cost td + td { white-space: normal; overflow-wrap: break-word; }
.cost td + td + td { min-width: 4.5em; }
.packages td { overflow-wrap: anywhere; }
.packages td + td { white-space: normal; }
.origin { margin: 0; display: grid; grid-template-columns: 1fr; gap: 0 1.5rem; }
.origin dd { padding-bottom: .5rem; font-size: .9rem; }
@media (min-width: 40rem) {
  .origin { grid-template-columns: max-content 1fr; }
  .origin dt { padding-top: .1rem; }
}
footer { margin-top: 1.25rem; color: var(--muted); font-size: .85rem; text-align: center; }
footer a { color: inherit; }
`;
