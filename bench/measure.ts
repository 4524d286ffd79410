import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

/** What a command cost. */
export interface Measurement {
  readonly seconds: number;
  /** Processor seconds of the command and all it waited for. */
  readonly cpuSeconds: number;
  /** Seconds of each step that the route told. */
  readonly steps: Readonly<Record<string, number>>;
  /** Most memory that a single process of it held; only where it was watched. */
  readonly peakMemoryBytes?: number;
  /** Most bytes that the files in its folder took on disk; only where it was watched. */
  readonly peakDiskBytes?: number;
}

/** How often a watched command is looked at, in milliseconds. */
const WATCH_INTERVAL = 150;

/** Bytes that the files below a folder take on its own file system. */
export function diskUse(folder: string): number {
  const { dev } = fs.lstatSync(folder);
  let bytes = 0;
  const visit = (directory: string): void => {
    for (const name of fs.readdirSync(directory)) {
      const file = path.join(directory, name);
      const stat = fs.lstatSync(file, { throwIfNoEntry: false });
      if (stat === undefined || stat.dev !== dev) continue;
      bytes += stat.blocks * 512;
      if (stat.isDirectory()) visit(file);
    }
  };
  try {
    visit(folder);
  } catch (error) {
    // A file or folder that went away meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return bytes;
}

/** The largest resident set that a process of a session has had (proc(5), `VmHWM`). */
function largestProcess(session: number): number {
  let largest = 0;
  for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (Number(fields[3]) !== session) continue;
      const status = fs.readFileSync(`/proc/${pid}/status`, "latin1");
      largest = Math.max(largest, Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1] ?? 0) * 1024);
    } catch {
      // Ended meanwhile.
    }
  }
  return largest;
}

class Watch {
  memory = 0;
  disk = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(session: number, folder: string) {
    this.timer = setInterval(() => {
      this.memory = Math.max(this.memory, largestProcess(session));
      this.disk = Math.max(this.disk, diskUse(folder));
    }, WATCH_INTERVAL);
  }

  end(): void {
    clearInterval(this.timer);
  }
}

function readSteps(file: string): Record<string, number> {
  const lines = fs.existsSync(file) ? fs.readFileSync(file, "utf8").trim().split("\n") : [];
  return Object.fromEntries(
    lines
      .filter((line) => line !== "")
      .map((line) => [line.split(" ")[0], Number(line.split(" ")[1])]),
  ) as Record<string, number>;
}

/** User and system seconds of the children, from what the shell's `times` prints. */
export function childSeconds(times: string): number {
  const [, children = ""] = times.trim().split("\n");
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

/**
 * Runs a command in a mount namespace of its own and measures it.
 *
 * @param work folder that the command works in
 * @param watched whether memory and disk use are watched too, which costs a little processor time
 */
export async function measure(
  command: readonly string[],
  variables: Readonly<Record<string, string>>,
  work: string,
  watched = false,
): Promise<Measurement> {
  const [steps, times, log] = ["steps", "times", "log"].map((name) => `${work}.${name}`) as [
    string,
    string,
    string,
  ];
  for (const file of [steps, times]) fs.rmSync(file, { force: true });
  const output = fs.openSync(log, "w");
  const started = performance.now();
  const child = spawn(
    "unshare",
    ["--mount", "bash", "-c", `"$@"; status=$?; times >"$TIMES"; exit $status`, "bash", ...command],
    {
      env: { ...process.env, ...variables, WORK: work, STEPS: steps, TIMES: times },
      stdio: ["ignore", output, output],
      detached: true,
    },
  );
  const watch = watched && child.pid !== undefined ? new Watch(child.pid, work) : undefined;
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const seconds = (performance.now() - started) / 1000;
  watch?.end();
  fs.closeSync(output);
  if (status !== 0) {
    const end = fs.readFileSync(log, "utf8").trimEnd().split("\n").slice(-10).join("\n");
    throw new Error(`${command.join(" ")} has status ${status}:\n${end}`);
  }
  const cpuSeconds = childSeconds(fs.readFileSync(times, "utf8"));
  return {
    seconds,
    cpuSeconds,
    steps: readSteps(steps),
    ...(watch === undefined ? {} : { peakMemoryBytes: watch.memory, peakDiskBytes: watch.disk }),
  };
}
