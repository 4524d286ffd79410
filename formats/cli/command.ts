import { isMainThread } from "node:worker_threads";

/**
 * Whether the file of `module` is the program that is running: not when it was imported, and not in a
 * worker thread, which runs the same bundle again.
 */
export function isProgram(module: NodeJS.Module): boolean {
  return require.main === module && isMainThread;
}

/** Takes the error a program ends with: the reason on stderr, each line after
 * the program's name, and status 1. */
export function endWithReason(name: string): (error: unknown) => void {
  return (error) => {
    const reason = error instanceof Error ? error.message : String(error);
    for (const line of reason.split("\n")) process.stderr.write(`${name}: error: ${line}\n`);
    process.exitCode = 1;
  };
}

/**
 * Runs a stage's work and ends as stages do: one short JSON line on stdout, or the reason on stderr
 * and exit status 1. Does nothing unless `module` is the program that is running.
 *
 * @param work - given the command line's arguments, resolves to the facts to print
 */
export function runCommand(
  module: NodeJS.Module,
  name: string,
  work: (args: readonly string[]) => Promise<Readonly<Record<string, unknown>>>,
): void {
  if (!isProgram(module)) return;
  work(process.argv.slice(2)).then((facts) => {
    process.stdout.write(`${JSON.stringify(facts)}\n`);
  }, endWithReason(name));
}

/**
 * The values of flags that must be there.
 *
 * @throws Error naming all that are missing
 */
export function requiredFlags<Name extends string>(
  values: Readonly<Partial<Record<Name, string | undefined>>>,
  names: readonly Name[],
): Record<Name, string> {
  const missing = names.filter((name) => (values[name] ?? "") === "");
  if (missing.length > 0) {
    throw new Error(`missing: ${missing.map((name) => `--${name}`).join(", ")}.`);
  }
  return Object.fromEntries(names.map((name) => [name, values[name]])) as Record<Name, string>;
}

/** Shortest time between two progress lines, in milliseconds. */
const PROGRESS_INTERVAL = 500;

/**
 * A taker of progress that writes lines such as `box: 42% compressing 310 of 740 MB` to stderr: one
 * whenever the percentage has grown, half a second apart at least, and one at the end.
 */
export function progressTeller(
  name: string,
  doing: string,
): (doneBytes: number, totalBytes: number) => void {
  let told = -1;
  let toldAt = -Infinity;
  return (done, total) => {
    const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
    const now = performance.now();
    if (percent === told || (percent < 100 && now - toldAt < PROGRESS_INTERVAL)) return;
    told = percent;
    toldAt = now;
    const [doneMB, totalMB] = [done, total].map((bytes) => Math.round(bytes / 1e6));
    process.stderr.write(`${name}: ${percent}% ${doing} ${doneMB} of ${totalMB} MB\n`);
  };
}

/** A taker of lines for stderr, each after the command's name. */
export function lineTeller(name: string): (line: string) => void {
  return (line) => {
    process.stderr.write(`${name}: ${line}\n`);
  };
}
