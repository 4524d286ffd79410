import { readFileSync } from "node:fs";
import { lstat, readdir } from "node:fs/promises";

/** Requests that are under way at once when the source answers slowly. */
export const REQUESTS = 32;

/** Waiting for the source, in milliseconds, after which it counts as slow. */
const WAIT_LIMIT_MS = 200;

const SLASH = Buffer.from("/");

/**
 * Lets Node's file calls run {@link REQUESTS} at once instead of four. Works only before the process
 * makes its first asynchronous file call, so a command calls it first.
 */
export function useManyRequests(): void {
  process.env["UV_THREADPOOL_SIZE"] ??= String(REQUESTS);
}

/**
 * Milliseconds for which this thread has computed or was ready to, since its start; what is missing to the
 * time passed, it was blocked. NaN where the kernel does not tell (proc(5), `schedstat`).
 */
function readyMs(): number {
  try {
    const [running = NaN, queued = NaN] = readFileSync("/proc/thread-self/schedstat", "latin1")
      .split(" ")
      .map(Number);
    return (running + queued) / 1e6;
  } catch {
    return NaN;
  }
}

/** Tells whether this thread has been blocked for long since the watch was made. */
export class BlockedWatch {
  private readonly startedAt = performance.now();
  private readonly readyAtStart = readyMs();

  isSlow(): boolean {
    if (performance.now() - this.startedAt < WAIT_LIMIT_MS) return false;
    const ready = readyMs() - this.readyAtStart;
    return performance.now() - this.startedAt - ready > WAIT_LIMIT_MS;
  }
}

/**
 * Looks at every file of a tree with many requests under way, so that the kernel has all
 * directories and inodes in memory afterwards. Errors are left to whoever reads in earnest.
 */
export async function touchTree(path: Buffer): Promise<void> {
  const entries = await readdir(path, { encoding: "buffer", withFileTypes: true }).catch(() => []);
  await Promise.all(
    entries.map(async (entry) => {
      const inside = Buffer.concat([path, SLASH, entry.name]);
      if (entry.isDirectory()) await touchTree(inside);
      else await lstat(inside).catch(() => undefined);
    }),
  );
}
