import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/**
 * The configuration of an OpenSSH server on the loopback address, with its keys in a folder: `host`,
 * `authorized_keys`.
 */
export function sshdConfiguration(folder: string, port: number, more: readonly string[]): string {
  // The folder of sshd's privilege separation, which a service would make.
  mkdirSync("/run/sshd", { recursive: true });
  return [
    `Port ${String(port)}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${folder}/host`,
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    `PidFile ${folder}/pid`,
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "Subsystem sftp internal-sftp",
    ...more,
    "",
  ].join("\n");
}

/** Waits until a port of the loopback address answers; gives up after ten seconds, or once `ended` says so. */
export async function portAnswers(port: number, ended: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 200 && !ended(); tries++) {
    const socket = connect(port, "127.0.0.1");
    const answered = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (answered) return true;
    await delay(50);
  }
  return false;
}
