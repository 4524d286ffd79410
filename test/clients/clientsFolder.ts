import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { privateFolder, projectRoot } from "../../ops/setup/folders";
import { removeRoom } from "../../ops/setup/virtualBox";

/**
 * Makes an empty folder for one group of tests, on the project's own file system: what a client
 * unpacks from a box is too much for a `/tmp` in memory. What a killed run left there is removed.
 */
export async function makeClientsFolder(name: string): Promise<string> {
  const base = join(privateFolder(projectRoot()), "clients");
  mkdirSync(base, { recursive: true });
  for (const run of readdirSync(base).filter((pid) => !isAlive(Number(pid)))) {
    await removeRoom(join(base, run));
  }
  const folder = join(base, String(process.pid), name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Removes the folder again, and with the last group's the run's. */
export async function removeClientsFolder(folder: string | undefined): Promise<void> {
  if (folder === undefined) return;
  await removeRoom(folder);
  const run = join(folder, "..");
  if (readdirSync(run).length === 0) await removeRoom(run);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
