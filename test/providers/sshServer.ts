import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";

import { freePort } from "../support/freePort";
import { portAnswers, sshdConfiguration } from "../support/sshd";

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
    const more = ["PermitRootLogin prohibit-password", "AcceptEnv TEST_*"];
    writeFileSync(join(folder, "config"), sshdConfiguration(folder, server.port, more));
    return server;
  }

  readonly user = userInfo().username;

  /** A key file of the server's folder: `client`, `locked-client` (passphrase "open sesame"), `host.pub`, ... */
  key(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }

  async start(): Promise<void> {
    const args = ["-D", "-e", "-f", join(this.folder, "config")];
    const server = spawn("/usr/sbin/sshd", args, { stdio: "ignore" });
    this.#process = server;
    if (!(await portAnswers(this.port, () => server.exitCode !== null))) {
      throw new Error("sshd does not answer");
    }
  }

  async stop(): Promise<void> {
    if (this.#process?.exitCode === null) {
      this.#process.kill("SIGTERM");
      await once(this.#process, "exit");
    }
  }
}
