import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { freePort } from "./freePort";
import { portAnswers, sshdConfiguration } from "./sshd";

const userId = 54321;

/**
 * Another machine by a STAND-IN: this one, behind a real OpenSSH server on the loopback address. Who logs in
 * is `builder`, a user that exists behind that server only and that sudo asks no password; changes to /etc
 * stay there too. Everything else is this machine's.
 */
export class SshHost {
  public readonly user = "builder";
  private process: ChildProcess | undefined;

  private constructor(
    /** Private folder, with the user's home in it. */
    public readonly folder: string,
    public readonly port: number,
  ) {}

  /** Makes and starts one; needs root, overlayfs, sshd and sudo. */
  static async start(): Promise<SshHost> {
    const folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-host-"));
    const host = new SshHost(folder, await freePort());
    fs.chmodSync(folder, 0o755);
    for (const name of ["etc", "etc-work", "home"]) fs.mkdirSync(path.join(folder, name));
    fs.chownSync(path.join(folder, "home"), userId, userId);
    for (const name of ["host", "client"]) {
      const args = ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path.join(folder, name)];
      execFileSync("ssh-keygen", args);
    }
    host.writeConfiguration();
    await host.launch();
    return host;
  }

  /** A file of the folder: `host.pub` and `client` are the keys. */
  public key(name: "host.pub" | "client"): string {
    return fs.readFileSync(path.join(this.folder, name), "utf8").trim();
  }

  /** A folder that is not there yet, for what is made on the host. */
  public path(...parts: string[]): string {
    return path.join(this.folder, "home", ...parts);
  }

  /** Ends the server, as a machine that goes away does. */
  public async stop(): Promise<void> {
    if (this.process === undefined || this.process.exitCode !== null) return;
    this.process.kill("SIGTERM");
    await once(this.process, "exit");
  }

  public async remove(): Promise<void> {
    await this.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private writeConfiguration(): void {
    const { folder, user } = this;
    fs.copyFileSync(path.join(folder, "client.pub"), path.join(folder, "authorized_keys"));
    const configuration = sshdConfiguration(folder, this.port, [`AllowUsers ${user}`]);
    fs.writeFileSync(path.join(folder, "sshd_config"), configuration);
    const home = path.join(folder, "home");
    const start = [
      "set -e",
      `mount -t overlay overlay /etc -o 'lowerdir=/etc,upperdir=${folder}/etc,workdir=${folder}/etc-work'`,
      `echo '${user}:x:${userId}:${userId}::${home}:/bin/bash' >>/etc/passwd`,
      // A star: no password, but not locked either.
      `echo '${user}:*:19000:0:99999:7:::' >>/etc/shadow`,
      `echo '${user}:x:${userId}:' >>/etc/group`,
      "mkdir -p /etc/sudoers.d",
      `echo '${user} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/${user}`,
      `chmod 440 /etc/sudoers.d/${user}`,
      `exec /usr/sbin/sshd -D -e -f '${folder}/sshd_config'`,
    ];
    fs.writeFileSync(path.join(folder, "start.sh"), `${start.join("\n")}\n`);
  }

  private async launch(): Promise<void> {
    const args = [
      "--mount",
      "--propagation",
      "private",
      "bash",
      path.join(this.folder, "start.sh"),
    ];
    this.process = spawn("unshare", args, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    this.process.stderr?.on("data", (text: Buffer) => (said += text.toString()));
    const server = this.process;
    if (await portAnswers(this.port, () => server.exitCode !== null)) return;
    throw new Error(`sshd does not answer: ${said}`);
  }
}
