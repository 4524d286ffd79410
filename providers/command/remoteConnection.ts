import { once } from "node:events";
import { connect } from "node:net";
import { utils, type AuthenticationType, type ConnectConfig, type ParsedKey } from "ssh2";

/** How to reach and log into one machine. */
export interface Login {
  readonly host: string;
  /** Default 22. */
  readonly port?: number;
  /** Default root. */
  readonly user?: string;
  readonly password?: string;
  /** In PEM or OpenSSH format. It stays in memory. */
  readonly privateKey?: string;
  readonly privateKeyPassword?: string;
  /** Default: the variable SSH_AUTH_SOCK. */
  readonly agentSocketPath?: string;
  /** Public key the server must prove, as in `authorized_keys`; unset: any server is believed. */
  readonly hostKey?: string;
  /** How often dialing may fail before it is given up, default 10; -1: never give up. */
  readonly dialErrorLimit?: number;
  /** Seconds one attempt may take, default 15; 0: no limit. */
  readonly perDialTimeout?: number;
}

/** The input `connection` of the remote resources, after the check. */
export interface Connection extends Login {
  /** A machine to go through. */
  readonly proxy?: Login;
}

function parseKey(text: string, what: string, passphrase?: string): ParsedKey {
  const key = utils.parseKey(text, passphrase);
  if (key instanceof Error) {
    throw new Error(`${what} cannot be used: ${key.message}`);
  }
  return key;
}

/** Signature algorithms that prove possession of a host key of this type. */
function hostKeyAlgorithms(type: string): string[] {
  return type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"] : [type];
}

function hostVerification(hostKey: string): Pick<ConnectConfig, "hostVerifier" | "algorithms"> {
  const pinned = parseKey(hostKey, "hostKey");
  const expected = pinned.getPublicSSH();
  const serverHostKey = hostKeyAlgorithms(pinned.type);
  return {
    hostVerifier: (offered: Buffer) => offered.equals(expected),
    algorithms: { serverHostKey } as NonNullable<ConnectConfig["algorithms"]>,
  };
}

/** An agent that does not answer is an error even if a key is given, as with the official plugin. */
async function checkAgent(path: string): Promise<void> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
  } catch (error) {
    const cause =
      (error as NodeJS.ErrnoException).code === "ENOENT"
        ? "no such file or directory"
        : "connection refused";
    throw new Error(`dial unix ${path}: connect: ${cause}`);
  } finally {
    socket.destroy();
  }
}

/**
 * The settings of one login for the SSH library.
 *
 * @throws Error if a key cannot be read or the agent does not answer; trying again would not help
 */
export async function sshConfig(login: Login): Promise<ConnectConfig> {
  const { privateKey, password } = login;
  const agent = login.agentSocketPath ?? (process.env["SSH_AUTH_SOCK"] || undefined);
  const methods: AuthenticationType[] = [];
  const config: ConnectConfig = {
    host: login.host,
    port: login.port ?? 22,
    username: login.user ?? "root",
    readyTimeout: (login.perDialTimeout ?? 15) * 1000,
    keepaliveInterval: 15_000,
    keepaliveCountMax: 9,
  };
  if (privateKey !== undefined) {
    parseKey(privateKey, "privateKey", login.privateKeyPassword);
    methods.push("publickey");
    Object.assign(config, { privateKey, passphrase: login.privateKeyPassword });
  }
  if (password !== undefined) {
    methods.push("password", "keyboard-interactive");
    Object.assign(config, { password, tryKeyboard: true });
  }
  if (agent !== undefined) {
    await checkAgent(agent);
    methods.push("agent");
    config.agent = agent;
  }
  config.authHandler = ["none", ...methods];
  return login.hostKey === undefined ? config : { ...config, ...hostVerification(login.hostKey) };
}
