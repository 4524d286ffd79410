import type { Client } from "ssh2";

/** How a remote process ended: its status, or null and the signal that ended it, or nothing if the connection broke. */
export type RemoteExit = [status?: number | null, signal?: string];

/**
 * Runs a command on an open connection until it has ended and all of its output has arrived.
 *
 * Everything is listened for within the callback: a short command's end may be in the packet that says it began.
 *
 * @param env - variables to set; the server may silently drop them
 * @throws Error if the server opens no session
 */
export function execRemote(
  client: Client,
  command: string,
  env: Readonly<Record<string, string>>,
  stdin: string,
  take: (stream: "stdout" | "stderr", chunk: Buffer) => void,
): Promise<RemoteExit> {
  return new Promise((resolve, reject) => {
    client.exec(command, { env: { ...env } }, (error, channel) => {
      if (error !== undefined) {
        reject(error);
        return;
      }
      let exit: RemoteExit = [];
      channel
        .on("data", (chunk: Buffer) => {
          take("stdout", chunk);
        })
        .on("exit", (...how: RemoteExit) => {
          exit = how;
        })
        .on("error", () => undefined)
        .once("close", () => {
          resolve(exit);
        });
      channel.stderr.on("data", (chunk: Buffer) => {
        take("stderr", chunk);
      });
      channel.end(stdin);
    });
  });
}
