import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A port of the loopback address that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** A real OpenSSH server on the loopback address, with keys of its own; the current user may log in with `privateKey`. */
export class SshServer {
  #process: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    readonly port: number,
  ) {}

  /** Prepares a server in a new `folder`; the variables `TEST_*` are accepted. */
  static async make(folder: string): Promise<SshServer> {
    mkdirSync(folder, { mode: 0o700 });
    const server = new SshServer(folder, await freePort());
    const keygen = (name: string, passphrase: string): void => {
      const args = ["-q", "-t", "ed25519", "-N", passphrase, "-f", join(folder, name), "-C", ""];
      execFileSync("ssh-keygen", args);
    };
    keygen("host", "");
    keygen("other-host", "");
    keygen("client", "");
    keygen("locked-client", "open sesame");
    const allowed = ["client.pub", "locked-client.pub"].map((name) => server.key(name));
    writeFileSync(join(folder, "authorized_keys"), allowed.join(""));
    chmodSync(join(folder, "authorized_keys"), 0o600);
    const config = [
      `Port ${String(server.port)}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${folder}/host`,
      `AuthorizedKeysFile ${folder}/authorized_keys`,
      `PidFile ${folder}/pid`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "PermitRootLogin prohibit-password",
      "AcceptEnv TEST_*",
      "Subsystem sftp internal-sftp",
    ];
    writeFileSync(join(folder, "config"), `${config.join("\n")}\n`);
    return server;
  }

  readonly user = userInfo().username;

  /** A key file of the server's folder: `client`, `locked-client` (passphrase "open sesame"), `host.pub`, ... */
  key(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }

  async start(): Promise<void> {
    const separation = "/run/sshd";
    if (!existsSync(separation)) {
      mkdirSync(separation, { recursive: true });
    }
    const args = ["-D", "-e", "-f", join(this.folder, "config")];
    this.#process = spawn("/usr/sbin/sshd", args, { stdio: "ignore" });
    for (let tries = 0; tries < 100; tries += 1) {
      const socket = connect(this.port, "127.0.0.1");
      const answered = await once(socket, "connect").then(
        () => true,
        () => false,
      );
      socket.destroy();
      if (answered) {
        return;
      }
      await delay(50);
    }
    throw new Error("sshd does not answer");
  }

  async stop(): Promise<void> {
    if (this.#process?.exitCode === null) {
      this.#process.kill("SIGTERM");
      await once(this.#process, "exit");
    }
  }
}
