import { TARGETS, type Results } from "./figures";

const BEGIN = "<!-- begin: written by npm run bench -->";
const END = "<!-- end -->";

/**
 * Puts text between the two marks of a document.
 *
 * @throws Error if the document has no such place
 */
export function replaceMarked(document: string, text: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END, begin);
  if (begin < 0 || end < 0) {
    throw new Error(
      `The document has no place for the figures: it needs the lines ${BEGIN} and ${END}.`,
    );
  }
  return `${document.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${document.slice(end)}`;
}

/** A table whose columns are as wide as their widest cell, as prettier has it. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width)).join(" | ")} |`;
  const [head = [], ...body] = rows;
  return [
    line(head),
    `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`,
    ...body.map(line),
  ].join("\n");
}

const times = (ratio: number | undefined): string => `${(ratio ?? 0).toFixed(1)} times`;
const percent = (ratio: number | undefined): string => {
  const change = ((ratio ?? 1) - 1) * 100;
  return `${Math.abs(change).toFixed(1)} % ${change <= 0 ? "smaller" : "larger"}`;
};

/** The few lines for the README. */
export function readmeFigures({ ratios, source, routes }: Results): string {
  const ours = routes.find(({ route }) => route === "default");
  return markdownTable([
    [
      "`box.compression`",
      "as fast as the seed's steps",
      "as fast as qemu-img and tar",
      "size against the seed's box",
    ],
    ...(["fast", "default"] as const).map((name) => [
      `\`${name}\``,
      times(ratios[`seed / ${name}`]),
      times(ratios[`qemu-img / ${name}`]),
      percent(ratios[`box size: ${name} / seed`]),
    ]),
  ]).concat(
    `\n\n${(source.usedBytes / 1e6).toFixed(0)} MB in a disk of ${source.diskGiB} GiB, from the source disk to the ` +
      `finished box: ${(ours?.seconds ?? 0).toFixed(1)} s.`,
  );
}

/** All figures, for docs/benchmarks.md. */
export function allFigures(results: Results): string {
  const { machine, routes, ratios, slowSource } = results;
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
  return [
    `${machine.processors} processors (${machine.model}), Node.js ${machine.node}, VirtualBox ${machine.virtualBox}; ` +
      `load average ${machine.loadAtStart} at the start and ${machine.loadAtEnd} at the end.`,
    markdownTable([
      [
        "route",
        "seconds",
        "processor s",
        "box MB",
        "most disk MB",
        "largest process MB",
        "steps, s",
      ],
      ...routes.map((row) => [
        row.route,
        row.seconds.toFixed(1),
        row.cpuSeconds.toFixed(1),
        megabytes(row.boxBytes),
        megabytes(row.peakDiskBytes),
        megabytes(row.peakMemoryBytes),
        Object.entries(row.steps)
          .map(([step, seconds]) => `${step} ${seconds.toFixed(1)}`)
          .join(", "),
      ]),
    ]),
    markdownTable([
      ["ratio", "measured", "target"],
      ...Object.entries(ratios).map(([name, ratio]) => [
        name,
        ratio.toFixed(2),
        TARGETS[name] === undefined ? "" : `at least ${TARGETS[name]}`,
      ]),
    ]),
    `From a source with ${slowSource.delayMs} ms a read (${slowSource.reads} reads, its \`${slowSource.tree}\`): ` +
      `\`cp -a\` ${slowSource.seedSeconds.toFixed(1)} s, ours ${slowSource.oursSeconds.toFixed(1)} s with up to ` +
      `${slowSource.mostAtOnce} reads under way.`,
  ].join("\n\n");
}
