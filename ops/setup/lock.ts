import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Runs `work` while no other process does so under the same lock file.
 *
 * The lock is flock(2), held by a child that ends when our end of its pipe closes: the kernel
 * releases it however this process dies, so no lock is ever stale.
 *
 * @param file lock file; made with its folder if absent, and left there
 * @param onWait called once if another process holds the lock
 * @param graceMs how long to wait before calling `onWait`
 * @throws Error if the lock cannot be taken; whatever `work` throws
 */
export async function withLock<T>(
  file: string,
  onWait: () => void,
  work: () => Promise<T>,
  graceMs = 500,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const holder = spawn("flock", ["-x", file, "sh", "-c", "echo held; exec cat"], {
    stdio: ["pipe", "pipe", "pipe"],
    // Its own process group: Ctrl-C must not release the lock before the work has stopped.
    detached: true,
  });
  const timer = setTimeout(onWait, graceMs);
  let complaint = "";
  holder.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
  try {
    await new Promise<void>((resolve, reject) => {
      const refuse = (reason: string): void =>
        reject(new Error(`Cannot lock ${file}: ${reason.trim()}; check that its folder is yours.`));
      holder.stdout.once("data", () => resolve());
      holder.once("error", (error) => refuse(error.message));
      holder.once("close", () => refuse(complaint));
    });
    clearTimeout(timer);
    return await work();
  } finally {
    clearTimeout(timer);
    holder.stdin.end();
  }
}

/**
 * Runs `work` if no other process does so under the same lock file, without waiting for one that does.
 *
 * @returns undefined when another process holds the lock
 * @throws whatever `work` throws
 */
export async function withFreeLock<T>(
  file: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  mkdirSync(dirname(file), { recursive: true });
  const holder = spawn("flock", ["-xn", file, "sh", "-c", "echo held; exec cat"], {
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
  });
  const isHeld = await new Promise<boolean>((resolve) => {
    holder.stdout.once("data", () => resolve(true));
    holder.once("error", () => resolve(false));
    holder.once("close", () => resolve(false));
  });
  if (!isHeld) return undefined;
  try {
    return await work();
  } finally {
    holder.stdin.end();
  }
}
