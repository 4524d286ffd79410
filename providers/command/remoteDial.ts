import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { Client, type ClientChannel, type ConnectConfig } from "ssh2";
import type { ResourceLog } from "../lib/engineLog";
import { sshConfig, type Connection, type Login } from "./remoteConnection";

/** Dialing waits this long, in milliseconds, after the first failure, then 1.5 times as long each time, up to the limit. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

const SOCKET_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ETIMEDOUT: "connection timed out",
};

type SshError = Error & { level?: string; code?: string };

/** Why a connection failed, in the words of Go's SSH library. */
function explain(error: SshError, { host, port }: ConnectConfig): string {
  const address = `${String(host)}:${String(port)}`;
  if (error.level === "client-socket") {
    return `dial tcp ${address}: connect: ${SOCKET_ERRORS[error.code ?? ""] ?? error.message}`;
  }
  if (error.level === "client-timeout") {
    return `dial tcp ${address}: i/o timeout`;
  }
  if (error.level === "client-authentication") {
    return "ssh: handshake failed: ssh: unable to authenticate, no supported methods remain";
  }
  const mismatch = error.message.includes("verification failed");
  return `ssh: handshake failed: ${mismatch ? "ssh: host key mismatch" : error.message}`;
}

/** One attempt: a client that is logged in. What goes wrong with it later shows in its channels. */
function connectOnce(config: ConnectConfig, signal: AbortSignal): Promise<Client> {
  const client = new Client();
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      client.destroy();
      reject(new Error("context canceled"));
    };
    signal.addEventListener("abort", abort, { once: true });
    client
      .once("ready", () => {
        signal.removeEventListener("abort", abort);
        resolve(client);
      })
      .on("error", (error: SshError) => {
        signal.removeEventListener("abort", abort);
        client.destroy();
        reject(new Error(explain(error, config)));
      })
      .once("close", () => {
        reject(new Error("ssh: handshake failed: EOF"));
      })
      .on("keyboard-interactive", (_name, _instructions, _language, prompts, answer) => {
        answer(prompts.map(() => config.password ?? ""));
      })
      .connect(config);
  });
}

/** Tries until it works, the limit is reached, or the operation is cancelled. */
async function retry<T>(
  what: string,
  limit: number,
  log: ResourceLog,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  let wait = FIRST_WAIT_MS;
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted) {
        throw new Error("context canceled");
      }
      if (limit >= 0 && failures >= limit) {
        throw new Error(`after ${String(failures)} failed attempts: ${(error as Error).message}`);
      }
      log.status(
        `${what} ${String(failures + 1)}/${limit < 0 ? "inf" : String(limit)} failed: retrying`,
      );
      await delay(wait, undefined, { signal }).catch(() => undefined);
      wait = Math.min(wait * 1.5, LONGEST_WAIT_MS);
    }
  }
}

const dialLimit = (login: Login): number => login.dialErrorLimit ?? 10;

async function dialThroughProxy(
  connection: Connection,
  proxy: Login,
  log: ResourceLog,
  signal: AbortSignal,
): Promise<Client> {
  const config = await sshConfig(connection);
  const proxyConfig = await sshConfig(proxy);
  const proxyClient = await retry("Dial proxy", dialLimit(proxy), log, signal, () =>
    connectOnce(proxyConfig, signal),
  );
  try {
    const client = await retry("Dial from proxy", dialLimit(connection), log, signal, async () => {
      const forward = promisify(proxyClient.forwardOut.bind(proxyClient));
      const sock: ClientChannel = await forward(
        "127.0.0.1",
        0,
        connection.host,
        connection.port ?? 22,
      );
      return connectOnce({ ...config, sock }, signal);
    });
    return client.once("close", () => proxyClient.end());
  } catch (error) {
    proxyClient.end();
    throw error;
  }
}

/**
 * Opens a connection, through the proxy if there is one. The caller ends it.
 *
 * @param signal - cancels dialing; it has no effect once the connection is open
 * @throws Error in the words of the official plugin
 */
export async function dial(
  connection: Connection,
  log: ResourceLog,
  signal: AbortSignal,
): Promise<Client> {
  const { proxy } = connection;
  if (proxy !== undefined) {
    return dialThroughProxy(connection, proxy, log, signal).catch((error: unknown) => {
      throw new Error(`proxy: ${(error as Error).message}`);
    });
  }
  const config = await sshConfig(connection);
  return retry("Dial", dialLimit(connection), log, signal, () => connectOnce(config, signal));
}
