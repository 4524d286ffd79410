import { join } from "node:path";
import { lastLines } from "../../ops/setup/commands";
import { cacheFolder, privateFolder, projectRoot } from "../../ops/setup/folders";
import { announceOn } from "../../ops/setup/log";
import {
  obtainVirtualBox,
  vboxManage,
  VirtualBoxUnavailable,
  type VirtualBox,
} from "../../ops/setup/virtualBox";
import { succeed } from "./commands";

/** An import reads and writes a whole disk. */
const IMPORT_SECONDS = 300;

/** Asked for once in a run, so that a dead network is waited for once. */
let obtained: Promise<VirtualBox> | undefined;

/**
 * The real VirtualBox, installed if it must be. Where its packages cannot be downloaded, the tests of
 * the suite are reported as skipped, with the reason on standard error.
 */
export async function realVirtualBox(context: Mocha.Context): Promise<VirtualBox> {
  context.timeout(25 * 60_000);
  const root = projectRoot();
  const sources = { cache: cacheFolder(), logFolder: join(privateFolder(root), "logs") };
  try {
    return await (obtained ??= obtainVirtualBox(sources, announceOn(process.stderr)));
  } catch (error) {
    if (!(error instanceof VirtualBoxUnavailable)) throw error;
    process.stderr.write(`Skipped, for want of the real VirtualBox: ${error.message}\n`);
    return context.skip();
  }
}

/** One user of VirtualBox, with a registry and a folder of machines of its own. */
export class VirtualBoxSession {
  private constructor(
    private readonly virtualBox: VirtualBox,
    private readonly room: string,
  ) {}

  /** @param room empty folder; VirtualBox sees the files in there and no others */
  static async open(virtualBox: VirtualBox, room: string): Promise<VirtualBoxSession> {
    const session = new VirtualBoxSession(virtualBox, room);
    await session.manage(["setproperty", "machinefolder", join(room, "machines")]);
    return session;
  }

  /** Runs VBoxManage; gives its standard output. */
  async manage(args: readonly string[], seconds?: number): Promise<string> {
    const { code, stdout, output } = await vboxManage(this.virtualBox, this.room, args, seconds);
    if (code === 0) return stdout;
    throw new Error(`VBoxManage ${args.join(" ")} has status ${code}:\n${lastLines(output)}`);
  }

  /** Imports an appliance as it is, the address of its network card included. */
  async import(descriptor: string, machine: string): Promise<void> {
    const options = ["--options", "keepallmacs", "--vsys", "0", "--vmname", machine];
    await this.manage(["import", descriptor, ...options], IMPORT_SECONDS);
  }

  /** Imports with the very arguments that Vagrant's driver uses. */
  async importWith(descriptor: string, args: readonly string[]): Promise<void> {
    await this.manage(["import", descriptor, ...args], IMPORT_SECONDS);
  }

  /** What VirtualBox shows of a machine: name and value of each setting, without quotes. */
  async machine(name: string): Promise<Map<string, string>> {
    const text = await this.manage(["showvminfo", name, "--machinereadable"]);
    const lines = text.matchAll(/^"?([^"=\n]+)"?="?([^"\n]*)"?$/gm);
    return new Map([...lines].map(([, setting = "", value = ""]) => [setting, value]));
  }

  /** The settings file of a machine, which tells what `showvminfo` does not. */
  async settingsFile(machine: ReadonlyMap<string, string>): Promise<string> {
    return succeed("cat", [machine.get("CfgFile") ?? ""], { asRoot: true });
  }

  /** What VirtualBox shows of a disk image: name and value of each property. */
  async disk(path: string): Promise<Map<string, string>> {
    const text = await this.manage(["showmediuminfo", "disk", path]);
    const lines = text.matchAll(/^(\w[\w ]*):\s+(.*)$/gm);
    return new Map([...lines].map(([, property = "", value = ""]) => [property, value]));
  }

  /** Writes a disk's content as VirtualBox reads it to a new raw file. */
  async writeRaw(disk: string, raw: string): Promise<void> {
    await this.manage(["clonemedium", "disk", disk, raw, "--format", "RAW"], IMPORT_SECONDS);
  }
}
