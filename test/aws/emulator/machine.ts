import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

import type { BootScripts } from "./cloudConfig";
import type { RootDisk } from "./disks";

const run = promisify(execFile);

export interface MachineArgs {
  /** Private folder; the machine's mount point and scripts come to stand in it. */
  readonly folder: string;
  /** Address of its SSH server, one of the loopback network. */
  readonly address: string;
  readonly hostName: string;
  readonly root: RootDisk;
  /** Volume id of the root disk. */
  readonly rootVolume: string;
  readonly scripts: BootScripts;
  /** Variables that every login gets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Seconds from start to the SSH server. */
  readonly bootSeconds: number;
  /** Called when the machine has powered itself off. */
  readonly onPowerOff: () => void;
}

/**
 * A machine of its own as far as processes, mounts and its name go; network and kernel are this machine's.
 * It is killed by the kernel when this process ends, however that happens, and leaves no mount and no loop
 * device.
 */
export class Machine {
  private process: ChildProcess | undefined;
  private readonly attached = new Map<string, string>();
  private heard: ((line: string) => void)[] = [];
  private wanted: "on" | "off" = "off";

  constructor(private readonly args: MachineArgs) {
    fs.mkdirSync(args.folder, { recursive: true });
    const { first, each, late } = args.scripts;
    for (const [name, text] of [
      ["first-boot.sh", first],
      ["each-boot.sh", each],
      ["late.sh", late],
    ] as const) {
      fs.writeFileSync(path.join(args.folder, name), text, { mode: 0o700 });
    }
    fs.copyFileSync(path.join(__dirname, "shim.sh"), path.join(args.folder, "shim.sh"));
  }

  /** Switches it on; it boots in its own time. */
  public start(): void {
    this.wanted = "on";
    const { folder, address, hostName, root, environment, bootSeconds, rootVolume } = this.args;
    const process_ = spawn(
      "setpriv",
      [
        ...["--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private"],
        ...["--pid", "--fork", "--kill-child=KILL", "--uts", "--ipc"],
        ...["bash", path.join(__dirname, "machine.sh")],
      ],
      {
        stdio: ["pipe", "pipe", fs.openSync(path.join(folder, "console.log"), "a")],
        env: {
          PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          KIND: root.kind,
          DISK: root.file,
          OFFSET: String(root.offset),
          BYTES: String(root.bytes),
          FOLDER: folder,
          ADDRESS: address,
          HOST_NAME: hostName,
          BOOT_SECONDS: String(bootSeconds),
          ROOT_VOLUME: rootVolume,
          SSH_ENVIRONMENT: Object.entries(environment)
            .map(([name, value]) => `${name}=${value}`)
            .join(" "),
        },
      },
    );
    this.process = process_;
    process_.stdin?.on("error", () => undefined);
    createInterface({ input: process_.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      for (const listener of this.heard) listener(line);
    });
    process_.once("exit", (status) => this.ended(process_, status));
    for (const [volume, file] of this.attached) void this.bringVolume(volume, file);
  }

  /** Shows a file as the disk of a volume. */
  public async attach(volume: string, file: string): Promise<void> {
    this.attached.set(volume, file);
    if (this.process !== undefined) await this.bringVolume(volume, file);
  }

  public detach(volume: string): void {
    this.attached.delete(volume);
    this.say(`detach ${volume}`);
  }

  /** Sees to it that all that was written can be read from the disk's file. */
  public async sync(): Promise<void> {
    if (this.process === undefined) return;
    const done = this.line("synced");
    this.say("sync");
    await done;
  }

  public async stop(): Promise<void> {
    this.wanted = "off";
    const { process: running } = this;
    if (running === undefined) return;
    const ended = once(running, "exit");
    this.say("poweroff");
    const killed = setTimeout(() => running.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(killed);
  }

  public async reboot(): Promise<void> {
    await this.stop();
    this.start();
  }

  /** Runs a command as root; its output. */
  public async run(command: string): Promise<string> {
    // The machine's first process is the only child of the one that was started.
    const { pid } = this.process ?? {};
    const children = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    const enter = ["--target", children, "--mount", "--pid", "--uts", "--root", "--wd=/"];
    return (await run("nsenter", [...enter, "bash", "-c", command])).stdout;
  }

  public get isOn(): boolean {
    return this.process !== undefined;
  }

  private ended(process_: ChildProcess, status: number | null): void {
    if (this.process !== process_) return;
    this.process = undefined;
    if (this.wanted === "off") return;
    if (status === 42) this.start();
    else this.args.onPowerOff();
  }

  /** A loop device that goes when the machine no longer holds it. */
  private async bringVolume(volume: string, file: string): Promise<void> {
    const { stdout } = await run("losetup", ["--find", "--show", file]);
    const device = stdout.trim();
    try {
      await run("blockdev", ["--setrw", device]);
      const held = this.line(`attached ${volume}`);
      this.say(`attach ${device} ${volume}`);
      await held;
    } finally {
      await run("losetup", ["--detach", device]);
    }
  }

  private say(command: string): void {
    this.process?.stdin?.write(`${command}\n`);
  }

  /** Waits until the machine prints a line, or is gone. */
  private line(wanted: string): Promise<void> {
    const { process: running } = this;
    return new Promise((resolve) => {
      const done = (): void => {
        this.heard = this.heard.filter((each) => each !== listener);
        resolve();
      };
      const listener = (line: string): void => {
        if (line === wanted) done();
      };
      this.heard.push(listener);
      running?.once("exit", done);
    });
  }
}
