// Measures the ways from a source disk to a finished box, side by side: the seed's own steps, the qemu-img route of
// other projects, and ours.
//
//   npm run bench              # about twelve minutes; writes bench/results.json, the two plots and the figures in
//                              # README.md and docs/benchmarks.md
//   npm run bench -- --quick   # about four minutes; writes them to .ami2box/bench
//
// Needs root, 25 GB of free disk, and for the seed's route the real VirtualBox, which set-up puts into the user's
// cache. Measures and judges nothing: docs/benchmarks.md says what the figures mean.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseArgs } from "node:util";

import { cacheFolder, privateFolder, projectRoot } from "../ops/setup/folders";
import { announceOn } from "../ops/setup/log";
import { obtainVirtualBox, VirtualBoxUnavailable, type VirtualBox } from "../ops/setup/virtualBox";
import { bundleTool } from "../ops/toolBundle";
import { allFigures, readmeFigures, replaceMarked } from "./markdown";
import { takeMeasurements } from "./measurements";
import { fullPlan, quickPlan } from "./plan";
import { chartSvg } from "./plot";
import { resultsTable, seriesOf, type Results } from "./figures";
import type { Bench } from "./routes";

async function findVirtualBox(root: string): Promise<VirtualBox | undefined> {
  const sources = { cache: cacheFolder(), logFolder: path.join(privateFolder(root), "logs") };
  try {
    return await obtainVirtualBox(sources, announceOn(process.stderr));
  } catch (error) {
    if (!(error instanceof VirtualBoxUnavailable)) throw error;
    process.stderr.write(`bench: qemu-img in place of VirtualBox: ${error.message}\n`);
    return undefined;
  }
}

function writeResults(folder: string, results: Results): void {
  fs.mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string): void =>
    fs.writeFileSync(path.join(folder, name), text);
  write("results.json", `${JSON.stringify(results, null, 2)}\n`);
  const mb = (results.source.usedBytes / 1e6).toFixed(0);
  write(
    "time-by-disk-size.svg",
    chartSvg({
      title: `Source disk to finished box, ${mb} MB of content`,
      xLabel: "size of the disk (GiB)",
      yLabel: "seconds",
      series: seriesOf(results.byDiskSize),
    }),
  );
  write(
    "time-by-content-size.svg",
    chartSvg({
      title: `Source disk to finished box, disk of ${results.source.diskGiB} GiB`,
      xLabel: "content (MB)",
      yLabel: "seconds",
      series: seriesOf(results.byContentSize),
    }),
  );
}

/** The figures in the documents are those of the last full run. */
function writeDocuments(root: string, results: Results): void {
  for (const [name, text] of [
    ["README.md", readmeFigures(results)],
    ["docs/benchmarks.md", allFigures(results)],
  ] as const) {
    const file = path.join(root, name);
    fs.writeFileSync(file, replaceMarked(fs.readFileSync(file, "utf8"), text));
  }
}

/** Does what this file's header says. */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { quick: { type: "boolean" } } });
  if (process.getuid?.() !== 0) {
    throw new Error("The benchmark mounts disks and must run as root: sudo npm run bench.");
  }
  const root = projectRoot();
  const quick = values.quick === true;
  const tool = (name: string): string =>
    path.join(root, bundleTool(root, name, `formats/cli/${name}.ts`).path);
  const bench: Bench = {
    root,
    work: path.join(privateFolder(root), "bench", "work"),
    virtualBox: await findVirtualBox(root),
    tools: { disk: tool("disk"), box: tool("box") },
  };
  const load = os.loadavg()[0] as number;
  if (load > os.availableParallelism() / 2) {
    process.stderr.write(`bench: the machine is busy (load ${load.toFixed(1)}): believe ratios\n`);
  }
  try {
    const results = await takeMeasurements(bench, quick ? quickPlan : fullPlan, cacheFolder());
    writeResults(
      quick ? path.join(privateFolder(root), "bench") : path.join(root, "bench"),
      results,
    );
    if (!quick) writeDocuments(root, results);
    process.stdout.write(resultsTable(results));
  } finally {
    fs.rmSync(bench.work, { recursive: true, force: true });
  }
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: Error) => {
    process.stderr.write(`bench: ${error.message}\n`);
    process.exitCode = 1;
  });
}
