import * as fs from "node:fs";
import * as path from "node:path";

import type { VirtualBox } from "../ops/setup/virtualBoxRoom";
import { measure, type Measurement } from "./measure";
import { writeExportProgram } from "./virtualBoxExport";

/** A way from the source disk to a finished box. */
export type Route = "seed" | "qemu-img" | "fast" | "default" | "best";

/** What a run of a route gave. */
export interface RouteRun extends Measurement {
  readonly boxBytes: number;
}

/** Where everything stands. */
export interface Bench {
  /** The project's folder. */
  readonly root: string;
  /** Folder to work in; every run leaves it empty. */
  readonly work: string;
  /** Undefined where VirtualBox cannot be had: then qemu-img compresses in the seed's route too. */
  readonly virtualBox: VirtualBox | undefined;
  /** Paths of the bundled tools. */
  readonly tools: { readonly disk: string; readonly box: string };
}

/** What a route is run on. */
export interface Job {
  readonly source: string;
  readonly diskGiB: number;
  /** Whether memory and disk use are watched. */
  readonly watched?: boolean;
  /** Processors that the command may use, as taskset takes them; all by default. */
  readonly processors?: string;
}

/** An empty folder, with what earlier runs have written out of the way of the next. */
function emptyFolder(folder: string): string {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}

/** Runs a route once from the source disk to the box, which is removed again. */
export async function runRoute(bench: Bench, route: Route, job: Job): Promise<RouteRun> {
  const work = emptyFolder(path.join(bench.work, route));
  const routes = path.join(bench.root, "bench/routes");
  const variables: Record<string, string> = {
    SOURCE_DISK: job.source,
    DISK_MIB: String(job.diskGiB * 1024),
  };
  let script = "ours.sh";
  if (route === "seed") {
    script = "seed.sh";
    variables["EXPORT"] =
      bench.virtualBox === undefined ? "" : writeExportProgram(bench.virtualBox, routes, work);
  } else if (route === "qemu-img") {
    script = "qemu-img.sh";
  } else {
    Object.assign(variables, {
      COMPRESSION: route,
      DISK_TOOL: bench.tools.disk,
      BOX_TOOL: bench.tools.box,
    });
  }
  try {
    const pinned = job.processors === undefined ? [] : ["taskset", "--cpu-list", job.processors];
    const measurement = await measure(
      [...pinned, path.join(routes, script)],
      variables,
      work,
      job.watched,
    );
    const boxBytes = fs.statSync(path.join(work, "output.box")).size;
    return { ...measurement, cpuSeconds: measurement.cpuSeconds + exportSeconds(work), boxBytes };
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

/** Processor seconds of VirtualBox, whose server is nobody's child. */
function exportSeconds(work: string): number {
  const file = path.join(work, "export-cpu");
  return fs.existsSync(file) ? Number(fs.readFileSync(file, "utf8")) : 0;
}

/** Copies from a source whose every read takes `delayMs`; counts its reads. */
export async function runSlowCopy(
  bench: Bench,
  way: "seed" | "ours",
  job: { readonly source: string; readonly tree: string; readonly delayMs: number },
): Promise<{ seconds: number; reads: number; mostAtOnce: number }> {
  const work = emptyFolder(path.join(bench.work, `slow-${way}`));
  try {
    const { steps } = await measure(
      [path.join(bench.root, "bench/routes/slow-copy.sh")],
      {
        SOURCE_DISK: job.source,
        SLOW_DISK: [
          ...[
            process.execPath,
            "-r",
            path.join(bench.root, "node_modules/ts-node/register/transpile-only"),
          ],
          path.join(bench.root, "bench/slowDisk/slowDisk.ts"),
        ].join(" "),
        DELAY_MS: String(job.delayMs),
        TREE: job.tree,
        WAY: way,
        DISK_TOOL: bench.tools.disk,
      },
      work,
    );
    const counts = JSON.parse(fs.readFileSync(path.join(work, "slow.json"), "utf8")) as {
      reads: number;
      most: number;
    };
    return { seconds: steps["copy"] as number, reads: counts.reads, mostAtOnce: counts.most };
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}
