import * as fs from "node:fs";
import * as path from "node:path";

import { InputError } from "../formats/problems";
import { readHostFacts, type HostFacts } from "./hostFacts";
import type { SettingsGroups } from "./schema";
import { isOnWorker } from "./sourceIdentity";
import type { SshLogin } from "./sshSession";

/** The worker of target `ssh`: how to log in, and what was found there. */
export interface SshTarget {
  readonly login: SshLogin;
  readonly facts: HostFacts;
}

/**
 * Logs in to the worker of target `ssh` and looks at what the settings point at there.
 *
 * @param groups the groups of settings that are right
 * @param boxName the box whose versions are looked for
 * @returns undefined for the other targets, and where the worker's settings are wrong
 * @throws InputError naming the setting that is wrong
 */
export async function lookAtSshWorker(
  { worker, source, publish }: Partial<SettingsGroups>,
  boxName: string | undefined,
  projectDirectory: string,
): Promise<SshTarget | undefined> {
  if (worker === undefined || !("host" in worker)) return undefined;
  checkAgent(process.env["SSH_AUTH_SOCK"]);
  const { host, port, user, hostKey } = worker;
  const privateKey = readPrivateKey(path.resolve(projectDirectory, worker.privateKeyFile));
  const login = { host, port, user, hostKey, privateKey };
  const facts = await readHostFacts(login, {
    ...(publish && "directory" in publish && boxName !== undefined
      ? { boxFolder: path.posix.join(publish.directory, boxName) }
      : {}),
    ...(source?.type === "image" && isOnWorker(source)
      ? { image: { path: source.path, format: source.format } }
      : {}),
  });
  return { login, facts };
}

/** Pulumi's command provider asks an agent even when it has a key, and gives up where none answers. */
function checkAgent(socket: string | undefined): void {
  if (!socket || fs.existsSync(socket)) return;
  throw new InputError("settings", [
    `SSH_AUTH_SOCK: ${socket} is not there any more, and no machine could be logged in to; start an ssh-agent, or unset the variable`,
  ]);
}

function readPrivateKey(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === "ENOENT" ? "is not there" : "cannot be read";
    throw new InputError("settings", [
      `worker.privateKeyFile: ${file} ${reason}; give the file of the private key that logs in`,
    ]);
  }
}
