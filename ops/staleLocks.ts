import * as fs from "node:fs";
import { hostname } from "node:os";
import * as path from "node:path";

/**
 * Removes the locks that Pulumi runs of this machine left when they were killed. A lock whose process
 * still runs, or that another machine holds, stays.
 *
 * @param state folder of a file backend (Pulumi's own format: `.pulumi/locks/.../<id>.json` holding
 *   `pid` and `hostname` of the run)
 */
export function removeStaleLocks(state: string): void {
  const locks = path.join(state, ".pulumi", "locks");
  if (!fs.existsSync(locks)) return;
  for (const name of fs.readdirSync(locks, { recursive: true, encoding: "utf8" })) {
    const file = path.join(locks, name);
    if (!name.endsWith(".json") || !fs.statSync(file).isFile()) continue;
    const lock = JSON.parse(fs.readFileSync(file, "utf8")) as { pid?: number; hostname?: string };
    if (lock.hostname === hostname() && lock.pid !== undefined && !isRunning(lock.pid)) {
      fs.rmSync(file);
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
