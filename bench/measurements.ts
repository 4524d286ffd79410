import { execFileSync } from "node:child_process";
import * as os from "node:os";

import type { BenchPlan } from "./plan";
import { summarize, type Point, type Results, type RouteResult } from "./figures";
import { runRoute, runSlowCopy, type Bench, type Job, type Route, type RouteRun } from "./routes";
import { sourceDisk, type SourceDisk } from "./sources";
import { median, rounded } from "./statistics";

/** What was run on which disk and content, so that no run is made twice. */
type Runs = Map<string, RouteRun[]>;

class Session {
  private readonly runs: Runs = new Map();
  private readonly disks = new Map<number, SourceDisk>();

  constructor(
    private readonly bench: Bench,
    private readonly cache: string,
  ) {}

  disk(copies: number): SourceDisk {
    const disk = this.disks.get(copies) ?? sourceDisk(this.bench.root, this.cache, copies);
    this.disks.set(copies, disk);
    return disk;
  }

  async run(route: Route, copies: number, diskGiB: number, more: Partial<Job> = {}): Promise<void> {
    const key = this.key(route, copies, diskGiB, more.processors);
    const done = this.runs.get(key) ?? [];
    this.runs.set(key, done);
    // What the run before has written goes to the disk before the clock starts.
    execFileSync("sync");
    const job = { source: this.disk(copies).path, diskGiB, watched: done.length === 0, ...more };
    const result = await runRoute(this.bench, route, job);
    done.push(result);
    process.stderr.write(
      `bench: ${route}, ${(this.disk(copies).usedBytes / 1e6).toFixed(0)} MB in ${diskGiB} GiB` +
        `${more.processors === undefined ? "" : `, processor ${more.processors}`}: ${result.seconds.toFixed(1)} s\n`,
    );
  }

  of(route: Route, copies: number, diskGiB: number, processors?: string): readonly RouteRun[] {
    return this.runs.get(this.key(route, copies, diskGiB, processors)) ?? [];
  }

  seconds(route: Route, copies: number, diskGiB: number): number {
    return rounded(median(this.of(route, copies, diskGiB).map(({ seconds }) => seconds)), 2);
  }

  /** Largest process of the default route, bytes. */
  memory(diskGiB: number): number {
    return Math.max(...this.of("default", 1, diskGiB).map((run) => run.peakMemoryBytes ?? 0));
  }

  private key(route: Route, copies: number, diskGiB: number, processors = "all"): string {
    return `${route} ${copies} ${diskGiB} ${processors}`;
  }
}

/** The comparison at one disk size; the routes take turns, so that a busy minute hits all of them. */
async function compare(session: Session, plan: BenchPlan): Promise<void> {
  for (let round = 0; round < plan.rounds; round += 1) {
    if (round < plan.slowRounds) {
      await session.run("seed", 1, plan.diskGiB);
      await session.run("qemu-img", 1, plan.diskGiB);
    }
    for (const route of ["default", "fast"] as const) await session.run(route, 1, plan.diskGiB);
    if (round === 0) await session.run("best", 1, plan.diskGiB);
    await session.run("default", 1, plan.diskGiB, { processors: "0" });
  }
}

async function compareSizes(session: Session, plan: BenchPlan): Promise<void> {
  const [smallest, ...larger] = plan.diskSizes as [number, ...number[]];
  for (const size of larger) await session.run("default", 1, size);
  // The two ends once more, in turns: their ratio is a figure of its own.
  for (let round = 1; round < plan.rounds; round += 1) {
    await session.run("default", 1, smallest);
    await session.run("default", 1, larger.at(-1) as number);
  }
  for (const size of plan.seedDiskSizes.slice(1)) await session.run("seed", 1, size);
  await session.run("qemu-img", 1, larger.at(-1) as number);
  for (const copies of plan.contents.slice(1)) await session.run("default", copies, plan.diskGiB);
  for (const copies of plan.slowContents.slice(1)) {
    await session.run("seed", copies, plan.diskGiB);
    await session.run("qemu-img", copies, plan.diskGiB);
  }
}

function curves(session: Session, plan: BenchPlan): Pick<Results, "byDiskSize" | "byContentSize"> {
  const byDisk = (route: Route, sizes: readonly number[]): Point[] =>
    sizes.map((x) => ({ x, seconds: session.seconds(route, 1, x) }));
  const byContent = (route: Route, contents: readonly number[]): Point[] =>
    contents.map((copies) => ({
      x: Math.round(session.disk(copies).usedBytes / 1e6),
      seconds: session.seconds(route, copies, plan.diskGiB),
    }));
  const ends = [plan.diskSizes[0], plan.diskSizes.at(-1)] as number[];
  return {
    byDiskSize: {
      seed: byDisk("seed", plan.seedDiskSizes),
      "qemu-img": byDisk("qemu-img", ends),
      default: byDisk("default", plan.diskSizes),
    },
    byContentSize: {
      seed: byContent("seed", plan.slowContents),
      "qemu-img": byContent("qemu-img", plan.slowContents),
      default: byContent("default", plan.contents),
    },
  };
}

function ratiosOf(
  session: Session,
  plan: BenchPlan,
  routes: readonly RouteResult[],
  slow: Results["slowSource"],
): Record<string, number> {
  const of = (route: Route): RouteResult =>
    routes.find((row) => row.route === route) as RouteResult;
  const boxSteps = (processors?: string): number =>
    median(
      session.of("default", 1, plan.diskGiB, processors).map(({ steps }) => steps["box"] ?? 0),
    );
  const largest = plan.diskSizes.at(-1) as number;
  const [seed, qemu, ours] = [of("seed"), of("qemu-img"), of("default")];
  const ratios = {
    "seed / default": seed.seconds / ours.seconds,
    "seed / fast": seed.seconds / of("fast").seconds,
    "seed / best": seed.seconds / of("best").seconds,
    "qemu-img / default": qemu.seconds / ours.seconds,
    "qemu-img / fast": qemu.seconds / of("fast").seconds,
    "seed / default, processor seconds": seed.cpuSeconds / ours.cpuSeconds,
    "qemu-img / default, processor seconds": qemu.cpuSeconds / ours.cpuSeconds,
    "one core / two cores": boxSteps("0") / boxSteps(),
    [`time for ${largest} GiB / time for ${plan.diskSizes[0]} GiB`]:
      session.seconds("default", 1, largest) /
      session.seconds("default", 1, plan.diskSizes[0] as number),
    "box size: default / seed": ours.boxBytes / seed.boxBytes,
    "box size: fast / seed": of("fast").boxBytes / seed.boxBytes,
    "box size: best / qemu-img": of("best").boxBytes / qemu.boxBytes,
    "peak disk use / (source + box)":
      ours.peakDiskBytes / (session.disk(1).usedBytes + ours.boxBytes),
    [`memory for ${largest} GiB / memory for ${plan.diskSizes[0]} GiB`]:
      session.memory(largest) / session.memory(plan.diskSizes[0] as number),
    "slow source: seed / ours": slow.seedSeconds / slow.oursSeconds,
  };
  return Object.fromEntries(
    Object.entries(ratios).map(([name, ratio]) => [name, rounded(ratio, 3)]),
  );
}

/** Runs all that the plan says. */
export async function takeMeasurements(
  bench: Bench,
  plan: BenchPlan,
  cache: string,
): Promise<Results> {
  const session = new Session(bench, cache);
  for (const copies of plan.contents) session.disk(copies);
  const load = (): number => rounded(os.loadavg()[0] as number, 1);
  const loadAtStart = load();
  await compare(session, plan);
  await compareSizes(session, plan);
  const slowJob = { source: session.disk(1).path, tree: plan.slowTree, delayMs: plan.delayMs };
  const seedCopy = await runSlowCopy(bench, "seed", slowJob);
  const ourCopy = await runSlowCopy(bench, "ours", slowJob);
  const slowSource = {
    delayMs: plan.delayMs,
    tree: plan.slowTree,
    seedSeconds: seedCopy.seconds,
    oursSeconds: ourCopy.seconds,
    reads: ourCopy.reads,
    mostAtOnce: ourCopy.mostAtOnce,
  };
  const routes = (["seed", "qemu-img", "fast", "default", "best"] as const).map((route) =>
    summarize(route, session.of(route, 1, plan.diskGiB)),
  );
  return {
    machine: {
      processors: os.availableParallelism(),
      model: os.cpus()[0]?.model ?? "unknown",
      node: process.versions.node,
      virtualBox: bench.virtualBox?.version ?? "none",
      loadAtStart,
      loadAtEnd: load(),
    },
    source: { usedBytes: session.disk(1).usedBytes, diskGiB: plan.diskGiB },
    routes,
    ratios: ratiosOf(session, plan, routes, slowSource),
    ...curves(session, plan),
    slowSource,
  };
}
