import type { Series } from "./plot";
import type { Route, RouteRun } from "./routes";
import { median, rounded } from "./statistics";

/** A route in the comparison. */
export interface RouteResult {
  readonly route: Route;
  readonly runs: number;
  /** Median of the runs, as are the processor seconds and the steps. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly steps: Readonly<Record<string, number>>;
  readonly boxBytes: number;
  readonly peakMemoryBytes: number;
  readonly peakDiskBytes: number;
}

/** A point of a curve: GiB of disk or MB of content, and seconds. */
export interface Point {
  readonly x: number;
  readonly seconds: number;
}

/** What `bench/results.json` holds. */
export interface Results {
  readonly machine: {
    readonly processors: number;
    readonly model: string;
    readonly node: string;
    readonly virtualBox: string;
    /** Load averages over a minute at the start and at the end: what else the machine was doing. */
    readonly loadAtStart: number;
    readonly loadAtEnd: number;
  };
  readonly source: { readonly usedBytes: number; readonly diskGiB: number };
  readonly routes: readonly RouteResult[];
  readonly ratios: Readonly<Record<string, number>>;
  readonly byDiskSize: Readonly<Partial<Record<Route, readonly Point[]>>>;
  readonly byContentSize: Readonly<Partial<Record<Route, readonly Point[]>>>;
  readonly slowSource: {
    readonly delayMs: number;
    readonly tree: string;
    readonly seedSeconds: number;
    readonly oursSeconds: number;
    readonly reads: number;
    readonly mostAtOnce: number;
  };
}

/** The medians of a route's runs. */
export function summarize(route: Route, runs: readonly RouteRun[]): RouteResult {
  const last = runs.at(-1);
  if (last === undefined) throw new Error(`The route ${route} was never run.`);
  const most = (values: readonly (number | undefined)[]): number =>
    Math.max(...values.map((value) => value ?? 0));
  return {
    route,
    runs: runs.length,
    seconds: rounded(median(runs.map(({ seconds }) => seconds)), 2),
    cpuSeconds: rounded(median(runs.map(({ cpuSeconds }) => cpuSeconds)), 2),
    steps: Object.fromEntries(
      Object.keys(last.steps).map((step) => [
        step,
        rounded(median(runs.map(({ steps }) => steps[step] ?? 0)), 2),
      ]),
    ),
    boxBytes: last.boxBytes,
    peakMemoryBytes: most(runs.map(({ peakMemoryBytes }) => peakMemoryBytes)),
    peakDiskBytes: most(runs.map(({ peakDiskBytes }) => peakDiskBytes)),
  };
}

/** What the ratios are to be at least; see docs/benchmarks.md. */
export const TARGETS: Readonly<Record<string, number>> = {
  "seed / default": 10,
  "seed / fast": 18,
  "qemu-img / default": 4,
  "one core / two cores": 1.8,
  "slow source: seed / ours": 8,
};

const seconds = (value: number): string => value.toFixed(1).padStart(8);
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0).padStart(8);

/** The results as text for a terminal. */
export function resultsTable(results: Results): string {
  const { machine, routes, ratios, slowSource } = results;
  const lines = [
    `${machine.processors} processors (${machine.model}), Node.js ${machine.node}, VirtualBox ${machine.virtualBox}, ` +
      `load ${machine.loadAtStart} to ${machine.loadAtEnd}`,
    `${(results.source.usedBytes / 1e6).toFixed(0)} MB in a disk of ${results.source.diskGiB} GiB, to a finished box:`,
    "",
    `route     seconds   cpu s   box MB  disk MB  mem MB  steps`,
    ...routes.map(
      (row) =>
        `${row.route.padEnd(9)}${seconds(row.seconds)}${seconds(row.cpuSeconds)}${megabytes(row.boxBytes)} ` +
        `${megabytes(row.peakDiskBytes)}${megabytes(row.peakMemoryBytes)}  ` +
        Object.entries(row.steps)
          .map(([step, time]) => `${step} ${time.toFixed(1)}`)
          .join(", "),
    ),
    "",
    ...Object.entries(ratios).map(([name, ratio]) => {
      const target = TARGETS[name];
      return `${name.padEnd(44)}${ratio.toFixed(2).padStart(7)}${target === undefined ? "" : `  (target ${target})`}`;
    }),
    "",
    `A source with ${slowSource.delayMs} ms a read, its ${slowSource.tree}: cp -a ${slowSource.seedSeconds.toFixed(1)} s, ` +
      `ours ${slowSource.oursSeconds.toFixed(1)} s with up to ${slowSource.mostAtOnce} reads at once`,
    "",
  ];
  return lines.join("\n");
}

const LABELS: Readonly<Record<Route, string>> = {
  seed: "the seed's steps",
  "qemu-img": "qemu-img and tar",
  default: "ami2box",
  fast: "ami2box, fast",
  best: "ami2box, best",
};
const COLOURS: Readonly<Record<Route, string>> = {
  seed: "#b3261e",
  "qemu-img": "#a06a00",
  default: "#1b6e3c",
  fast: "#1f5fa8",
  best: "#6b3fa0",
};

/** The lines of a chart. */
export function seriesOf(curves: Results["byDiskSize"]): Series[] {
  return (Object.entries(curves) as [Route, readonly Point[]][]).map(([route, points]) => ({
    label: LABELS[route],
    colour: COLOURS[route],
    points: points.map(({ x, seconds: y }) => ({ x, y })),
  }));
}
