import { Client, utils, type ParsedKey } from "ssh2";

import { InputError } from "../formats/problems";

/** A machine that can be logged in to, and what it must prove. */
export interface SshLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Public host key, `ssh-ed25519 AAAA...`. */
  readonly hostKey: string;
  /** Private key in OpenSSH or PEM format, without a passphrase. */
  readonly privateKey: string;
}

const readyTimeoutMs = 20_000;
/** More than any answer of a script here is long. */
const outputLimit = 64 << 20;

/**
 * Runs a script with bash on a machine, as root: through sudo for any other user. Nothing is left there.
 *
 * @param script the script; it goes through standard input, so nothing of it shows in a list of processes
 * @param args its arguments, whatever is in them
 * @returns what it printed
 * @throws InputError naming the setting that keeps it from being run
 */
export async function runOnHost(
  login: SshLogin,
  script: string,
  args: readonly string[],
): Promise<string> {
  const client = await connect(login);
  try {
    const quoted = args.map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`).join(" ");
    const sudo = login.user === "root" ? "" : "sudo --non-interactive ";
    const { status, stdout, stderr } = await execute(client, `${sudo}bash -s -- ${quoted}`, script);
    if (status === 0) return stdout;
    throw new InputError("settings", [
      sudo !== "" && /^sudo: /m.test(stderr)
        ? `worker.user: ${login.user} may not use sudo without a password on ${login.host}; allow it there, or log in as root`
        : `worker.host: ${login.host} could not be looked at: ${stderr.trim().split("\n").at(-1) ?? `status ${status}`}`,
    ]);
  } finally {
    client.end();
  }
}

function connect(login: SshLogin): Promise<Client> {
  const { host, port, user, hostKey, privateKey } = login;
  const pinned = parseKey("worker.hostKey", hostKey);
  parseKey("worker.privateKeyFile", privateKey);
  let refused: string | undefined;
  return new Promise((resolve, reject) => {
    const client = new Client();
    client.once("ready", () => resolve(client));
    client.once("error", ({ message }) => {
      client.end();
      const authentication = /authentication/i.test(message);
      const problem =
        refused ??
        (authentication
          ? `worker.privateKeyFile: ${user}@${host} does not accept this key; add its public half to that user's authorized_keys, or give another key or worker.user`
          : `worker.host: ${host} port ${port} cannot be reached (${message}); check worker.host and worker.port`);
      reject(new InputError("settings", [problem]));
    });
    client.connect({
      host,
      port,
      username: user,
      privateKey,
      readyTimeout: readyTimeoutMs,
      algorithms: { serverHostKey: hostKeyAlgorithms(pinned.type) },
      hostVerifier: (offered: Buffer) => {
        if (offered.equals(pinned.getPublicSSH())) return true;
        refused = `worker.hostKey: ${host} proves another key than the one given; if the machine was set up anew, give what ssh-keyscan prints now`;
        return false;
      },
    });
  });
}

function parseKey(setting: string, text: string): ParsedKey {
  const key = utils.parseKey(text);
  if (!(key instanceof Error)) return key;
  // ssh2 quotes nothing of the key in its reasons.
  throw new InputError("settings", [
    `${setting}: it is no key that can be used (${key.message}); give an unencrypted key in OpenSSH's format`,
  ]);
}

/** Signature algorithms that prove possession of a host key of this type (RFC 8332, section 3). */
function hostKeyAlgorithms(type: string): ["ssh-ed25519"] {
  const names = type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type];
  return names as ["ssh-ed25519"];
}

function execute(
  client: Client,
  command: string,
  input: string,
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, stream) => {
      if (error) {
        reject(error);
        return;
      }
      const stdout: Buffer[] = [];
      let [length, stderr] = [0, ""];
      stream.on("data", (chunk: Buffer) => {
        length += chunk.length;
        if (length > outputLimit) stream.close();
        else stdout.push(chunk);
      });
      stream.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
      stream.on("close", (status: number | null) => {
        resolve({ status, stdout: Buffer.concat(stdout).toString(), stderr });
      });
      stream.end(input);
    });
  });
}
