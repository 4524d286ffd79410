import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { bootScripts } from "./cloudConfig";
import { diskOverHost, diskWithSystem, copyDisk } from "./disks";
import { Machine } from "./machine";
import { MetadataService, type RoleCredentials } from "./metadataService";

/** Times an instance takes, in seconds. */
export interface InstanceTimes {
  /** From `pending` to `running`. */
  readonly pending: number;
  /** From then on until SSH answers. */
  readonly boot: number;
  /** From `shutting-down` to `terminated`. */
  readonly shutdown: number;
}

export interface InstanceArgs {
  readonly id: string;
  readonly region: string;
  readonly imageId: string;
  readonly defaultUser: string;
  /** Public half of its key pair. */
  readonly publicKey: string | undefined;
  readonly userData: string;
  /** Disk of its image; none for a stock image. */
  readonly imageDisk: string | undefined;
  readonly rootVolume: string;
  readonly rootGiB: number;
  readonly shutdownBehaviour: "stop" | "terminate";
  /** Name of its instance profile, empty when it has none. */
  readonly profile: string;
  readonly credentials: () => RoleCredentials | undefined;
  /** Variables that make tools on it reach the emulator. */
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly times: InstanceTimes;
  readonly onPowerOff: () => void;
}

/** A running instance: its machine, address and metadata service. */
export class EmulatedInstance {
  public machine: Machine | undefined;
  /** `shutting-down` from TerminateInstances on. */
  public isEnding = false;
  private readonly since = Date.now();
  private ready: Promise<void> = Promise.resolve();

  private constructor(
    public readonly args: InstanceArgs,
    public readonly address: string,
    private readonly metadata: MetadataService,
  ) {}

  /** Takes an address that is free, and prepares disk and machine, which boots when the pending time is over. */
  public static async launch(args: InstanceArgs): Promise<EmulatedInstance> {
    const { id: instanceId, region, imageId, userData, credentials } = args;
    for (;;) {
      // At random, so that several emulators on one machine seldom ask for the same.
      const [x = 0, y = 0] = randomBytes(2);
      const address = `127.64.${x}.${Math.max(1, y % 255)}`;
      try {
        const facts = { instanceId, region, imageId, userData, credentials };
        const metadata = await MetadataService.start(facts, address);
        const instance = new EmulatedInstance(args, address, metadata);
        instance.ready = instance.boot();
        return instance;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      }
    }
  }

  public get isPending(): boolean {
    return Date.now() - this.since < this.args.times.pending * 1000;
  }

  public get diskFile(): string {
    return path.join(this.args.folder, "root.img");
  }

  public async attach(volume: string, file: string): Promise<void> {
    await this.ready;
    await this.machine?.attach(volume, file);
  }

  public detach(volume: string): void {
    this.machine?.detach(volume);
  }

  /** Waits for the disk to be prepared. */
  public whenReady(): Promise<void> {
    return this.ready;
  }

  public async end(): Promise<void> {
    await this.ready.catch(() => undefined);
    await this.machine?.stop();
    this.metadata.stop();
  }

  private async boot(): Promise<void> {
    const { args, address } = this;
    const { folder, imageDisk, rootGiB, times } = args;
    const machine = (root: ReturnType<typeof diskWithSystem>): Machine =>
      new Machine({
        folder,
        address,
        hostName: `ip-${address.replaceAll(".", "-")}`,
        root,
        rootVolume: args.rootVolume,
        scripts: bootScripts(args.userData, args),
        environment: {
          ...args.environment,
          AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://${address}`,
        },
        bootSeconds: times.boot,
        onPowerOff: args.onPowerOff,
      });
    fs.mkdirSync(folder, { recursive: true });
    if (imageDisk === undefined) {
      this.machine = machine(diskOverHost(this.diskFile, rootGiB));
    } else {
      await copyDisk(imageDisk, this.diskFile, rootGiB);
      this.machine = machine(diskWithSystem(this.diskFile));
    }
    const left = times.pending * 1000 - (Date.now() - this.since);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, left)));
    if (!this.isEnding) this.machine.start();
  }
}
