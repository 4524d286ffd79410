import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { local } from "@pulumi/command";
import { TestStack } from "./testStack";

/** Waits until `condition` holds; fails after ten seconds. */
async function until(what: string, condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    assert.ok(tries < 200, `still waiting until ${what}`);
    await delay(50);
  }
}

function isAlive(pid: number): boolean {
  try {
    // A zombie has ended; its parent just has not asked yet.
    return !/\) Z /.test(readFileSync(`/proc/${String(pid)}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** The Pulumi processes that `parents` have started, by parent. */
function pulumiChildren(...parents: number[]): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        const parent = /\) \S (\d+)/.exec(readFileSync(`/proc/${String(pid)}/stat`, "utf8"))?.[1];
        const command = readFileSync(`/proc/${String(pid)}/cmdline`, "utf8");
        return parents.includes(Number(parent)) && /^pulumi\0|provider\.js/.test(command);
      } catch {
        return false;
      }
    });
}

const kill = (pids: readonly number[]): void => {
  assert.notEqual(pids.length, 0);
  pids.forEach((pid) => process.kill(pid, "SIGKILL"));
};

interface Stopped {
  /** What the CLI printed. */
  readonly failure: string;
  /** The command ran its trap. */
  readonly cleanedUp: boolean;
}

describe("stand-in for command: when the engine is stopped", function () {
  this.timeout(60_000);
  let stack: TestStack;

  beforeEach(async () => {
    stack = await TestStack.make("command");
  });
  afterEach(() => {
    stack.remove();
  });

  /** Runs a command that sleeps in a child of its own; once both run, calls `stop`. */
  async function stopWhileRunning(stop: () => void, signal?: AbortSignal): Promise<Stopped> {
    const pidFile = join(stack.folder, "pids");
    const trapped = join(stack.folder, "trapped");
    const script = `trap 'echo cleaned > "${trapped}"; exit 1' TERM
sleep 600 & child=$!; echo "$$ $child" > '${pidFile}.new'; mv '${pidFile}.new' '${pidFile}'; wait "$child"`;
    const running = stack.up(
      () => Promise.resolve(void new local.Command("sleeper", { create: script })),
      signal ? { signal } : {},
    );
    await until("the command runs", () => existsSync(pidFile));
    const pids = readFileSync(pidFile, "utf8").trim().split(" ").map(Number);
    assert.deepEqual(pids.map(isAlive), [true, true]);
    stop();
    await until("the command and its child have ended", () => !pids.some(isAlive));
    return { failure: (await running).failure, cleanedUp: existsSync(trapped) };
  }

  it("ends the command and its children when the engine is interrupted, and lets them clean up", async () => {
    const interrupt = new AbortController();
    const { failure, cleanedUp } = await stopWhileRunning(() => {
      interrupt.abort();
    }, interrupt.signal);
    assert.match(failure, /exit status 1: running "trap /);
    assert.equal(cleanedUp, true);
    assert.equal(stack.state().has("sleeper"), false);
  });

  it("ends the command and its children when the engine is killed, and lets them clean up", async () => {
    const { failure, cleanedUp } = await stopWhileRunning(() => {
      kill(pulumiChildren(process.pid));
    });
    assert.notEqual(failure, "");
    assert.equal(cleanedUp, true);
  });

  it("ends the command and its children when the engine and the plugin are killed", async () => {
    const { failure } = await stopWhileRunning(() => {
      const engines = pulumiChildren(process.pid);
      const plugins = pulumiChildren(...engines);
      kill(engines);
      kill(plugins);
    });
    assert.notEqual(failure, "");
  });
});
