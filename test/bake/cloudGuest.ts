import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";

import { baseImageDisk } from "../aws/baseImage";
import { freePort } from "../support/freePort";

const run = promisify(execFile);

/** Where the root of the image begins, in bytes; see the partitions of test/aws/baseImage.ts. */
const rootOffset = 131 << 20;

/** Account that cloud-init makes on Debian's images in EC2. */
const account = "admin";

/** An SSH key pair in files. */
export interface KeyFiles {
  /** Path of the private half. */
  readonly file: string;
  readonly privateKey: string;
  readonly publicKey: string;
}

/** Makes a key pair in a folder. */
export function makeKey(folder: string, name: string): KeyFiles {
  const file = path.join(folder, name);
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", file]);
  const read = (suffix: string): string => fs.readFileSync(file + suffix, "utf8");
  return { file, privateKey: read(""), publicKey: read(".pub").trim() };
}

/**
 * The AMI of a Debian as a real guest: its own kernel, systemd, cloud-init and sshd. STANDS IN for an instance of
 * EC2: its user data comes from a folder (cloud-init, "NoCloud") and not from the metadata service, and its
 * kernel is started by QEMU, not from the disk.
 */
export class CloudGuest {
  public readonly folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-guest-"));
  private machine: ChildProcess | undefined;
  private port = 0;

  /**
   * Starts it for the first time.
   *
   * @param userData of the instance, made from its host key
   */
  public async start(userData: (hostKey: KeyFiles) => string): Promise<void> {
    const hostKey = makeKey(this.folder, "host");
    const { publicKey } = makeKey(this.folder, "user");
    this.port = await freePort();
    const known = hostKey.publicKey.split(" ").slice(0, 2).join(" ");
    this.write("known_hosts", `[127.0.0.1]:${this.port} ${known}\n`);
    this.write("user-data", userData(hostKey));
    this.write(
      "meta-data",
      `instance-id: i-1\nlocal-hostname: builder\npublic-keys:\n  - ${publicKey}\n`,
    );
    this.write("fstab", "");
    this.write("source.cfg", "datasource_list: [NoCloud, None]\n");
    await this.prepareDisk();
    const [kernel, initrd] = ["vmlinuz", "initrd"].map((file) => path.join(this.folder, file));
    this.machine = spawn(
      "setpriv",
      [
        ...["--pdeathsig", "KILL", "qemu-system-x86_64", "-machine", "pc"],
        ...["-accel", "tcg,thread=multi"],
        ...["-cpu", "max,la57=off,pku=off,smap=off,smep=off,umip=off"],
        ...["-smp", "2", "-m", "1024", "-no-user-config", "-nodefaults", "-display", "none"],
        ...["-kernel", kernel!, "-initrd", initrd!],
        ...["-append", "root=/dev/vda1 rw console=ttyS0 net.ifnames=0"],
        ...["-serial", `file:${path.join(this.folder, "console.log")}`],
        ...["-drive", `if=virtio,format=raw,file=${path.join(this.folder, "disk.img")}`],
        ...["-device", "virtio-rng-pci", "-device", "virtio-net-pci,netdev=net"],
        ...["-netdev", `user,id=net,hostfwd=tcp:127.0.0.1:${this.port}-:22`],
      ],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
  }

  /** A copy of the image with its user data; what it boots from is taken out of it. */
  private async prepareDisk(): Promise<void> {
    const disk = path.join(this.folder, "disk.img");
    await run("cp", ["--sparse=always", "--reflink=auto", await baseImageDisk(), disk]);
    const root = `${disk}?offset=${rootOffset}`;
    const { stdout } = await run("debugfs", ["-R", "ls -p /boot", root]);
    const [version] = /vmlinuz-([^/]+)/.exec(stdout)?.slice(1) ?? [];
    const seed = "/var/lib/cloud/seed";
    const commands = [
      `dump /boot/vmlinuz-${version} vmlinuz`,
      `dump /boot/initrd.img-${version} initrd`,
      `mkdir ${seed}`,
      `mkdir ${seed}/nocloud`,
      `write user-data ${seed}/nocloud/user-data`,
      `write meta-data ${seed}/nocloud/meta-data`,
      // The image's own names disks that only EC2 has.
      "rm /etc/fstab",
      "write fstab /etc/fstab",
      "write source.cfg /etc/cloud/cloud.cfg.d/99_source.cfg",
    ];
    this.write("commands", `${commands.join("\n")}\n`);
    await run("debugfs", ["-w", "-f", "commands", root], { cwd: this.folder });
  }

  private write(name: string, text: string): void {
    fs.writeFileSync(path.join(this.folder, name), text);
  }

  /** Runs a command as the image's own user, on the machine that has proved its host key. */
  public async ssh(command: string): Promise<string> {
    const options = {
      UserKnownHostsFile: path.join(this.folder, "known_hosts"),
      StrictHostKeyChecking: "yes",
      BatchMode: "yes",
      ConnectTimeout: "10",
      LogLevel: "ERROR",
    };
    const { stdout } = await run("ssh", [
      ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
      ...["-i", path.join(this.folder, "user"), "-p", String(this.port)],
      ...[`${account}@127.0.0.1`, command],
    ]);
    return stdout;
  }

  /** Waits until it can be logged in to, in another boot than the one named; returns that boot's id. */
  public async waitForBoot(other?: string): Promise<string> {
    for (const end = Date.now() + 240_000; ;) {
      try {
        const boot = (await this.ssh("cat /proc/sys/kernel/random/boot_id")).trim();
        if (boot !== other) return boot;
      } catch (error) {
        if (Date.now() > end || !this.isRunning()) throw this.withConsole(error);
      }
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }

  /** Waits until it has powered itself off. */
  public async waitForEnd(): Promise<void> {
    for (const end = Date.now() + 240_000; this.isRunning();) {
      if (Date.now() > end) throw this.withConsole(new Error("the guest does not power off"));
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  private isRunning(): boolean {
    return this.machine?.exitCode === null && this.machine.signalCode === null;
  }

  private withConsole(error: unknown): Error {
    const log = fs.readFileSync(path.join(this.folder, "console.log"), "utf8");
    const last = log.split("\n").slice(-15).join("\n");
    return new Error(`${String(error)}; the end of its console:\n${last}`);
  }

  public remove(): void {
    this.machine?.kill("SIGKILL");
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
