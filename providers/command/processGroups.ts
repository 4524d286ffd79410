import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";

/** How long a group has to clean up after SIGTERM before it gets SIGKILL, in milliseconds. */
const GRACE_MS = 10_000;

/**
 * Reads lines `add PGID` and `drop PGID`; at the end of its input, which is the end of the provider however that came
 * about, it ends every group still listed. Needed when the provider itself is killed; a shell may then die of writing
 * to a closed pipe before its trap runs, so the provider does the same while it can.
 */
const REAPER = `
groups=
while read -r verb group; do
  case $verb in
    add) groups="$groups $group" ;;
    drop) kept=; for g in $groups; do [ "$g" = "$group" ] || kept="$kept $g"; done; groups=$kept ;;
  esac
done
[ -n "$groups" ] || exit 0
for g in $groups; do kill -s TERM -- "-$g" 2>/dev/null; done
tries=${String(GRACE_MS / 100)}
while [ "$tries" -gt 0 ]; do
  alive=
  for g in $groups; do kill -s 0 -- "-$g" 2>/dev/null && alive="$alive $g"; done
  [ -n "$alive" ] || exit 0
  groups=$alive
  tries=$((tries - 1))
  sleep 0.1
done
for g in $groups; do kill -s KILL -- "-$g" 2>/dev/null; done
`;

function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}

/**
 * Starts processes, each as the leader of a group of its own, and ends whole groups.
 *
 * A group ends when it is told to, and when this process ends, be it by SIGKILL: the engine kills plugins it is done
 * with. What a command left in the background ends then too, as with the official plugin, whose commands stay in the
 * plugin's own group. Only a process that leaves its group (`setsid`) survives.
 */
export class ProcessGroups {
  readonly #groups = new Set<number>();
  #reaper: ChildProcess | undefined;

  /** Starts a process; throws what `spawn` throws, and the child may emit `error` as usual. */
  start(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    const child = spawn(program, args, { ...options, detached: true });
    const group = child.pid;
    if (group !== undefined) {
      this.#groups.add(group);
      this.#tellReaper(`add ${String(group)}`);
      child.once("close", () => {
        if (!signalGroup(group, 0)) {
          this.#forget(group);
        }
      });
    }
    return child;
  }

  /** Ends the group of `child`: SIGTERM, so that shells run their traps, then SIGKILL. Resolves when it is empty. */
  async end(child: ChildProcess): Promise<void> {
    if (child.pid !== undefined) {
      await this.#end(child.pid);
    }
  }

  /** {@link end} for every group. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#groups].map((group) => this.#end(group)));
  }

  async #end(group: number): Promise<void> {
    const deadline = Date.now() + GRACE_MS;
    signalGroup(group, "SIGTERM");
    while (signalGroup(group, 0)) {
      if (Date.now() > deadline) {
        signalGroup(group, "SIGKILL");
      }
      await delay(25);
    }
    this.#forget(group);
  }

  #forget(group: number): void {
    if (this.#groups.delete(group)) {
      this.#tellReaper(`drop ${String(group)}`);
    }
  }

  #tellReaper(line: string): void {
    if (this.#reaper === undefined) {
      this.#reaper = spawn("/bin/sh", ["-c", REAPER], {
        detached: true,
        cwd: "/",
        env: {},
        stdio: ["pipe", "ignore", "ignore"],
      });
      this.#reaper.on("error", () => undefined);
      this.#reaper.stdin?.on("error", () => undefined);
      this.#reaper.unref();
    }
    this.#reaper.stdin?.write(`${line}\n`);
  }
}
