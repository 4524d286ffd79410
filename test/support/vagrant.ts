import { execFile, execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";

/** What a machine would be made with, the box's own Vagrantfile and the user's taken together. */
export interface MachineSettings {
  readonly checkGuestAdditions: boolean;
  readonly functionalVboxsf: boolean;
  /** By their path in the guest. */
  readonly syncedFolders: Readonly<
    Record<string, { readonly type?: string; readonly disabled: boolean }>
  >;
  readonly baseMac: string | null;
}

/** Asks Vagrant's own library, because its commands start the provider, which need not be here. */
const settingsScript = `
require "vagrant"
require "json"
env = Vagrant::Environment.new(cwd: ARGV[0])
vm = env.vagrantfile.machine_config(:default, :virtualbox, env.boxes, nil, false)[:config].vm
provider = vm.get_provider_config(:virtualbox)
puts JSON.generate({
  checkGuestAdditions: provider.check_guest_additions, functionalVboxsf: provider.functional_vboxsf,
  syncedFolders: vm.synced_folders, baseMac: vm.base_mac
})`;

/** The real Vagrant with a home of its own, so that the user's boxes are neither seen nor changed. */
export class Vagrant {
  private readonly home = fs.mkdtempSync(path.join(tmpdir(), "ami2box-vagrant-"));

  /** Runs a Vagrant command and returns what it printed. */
  public run(args: readonly string[], cwd = this.home): string {
    return execFileSync("vagrant", args, {
      cwd,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, VAGRANT_HOME: this.home, VAGRANT_CHECKPOINT_DISABLE: "1" },
    });
  }

  /** The settings of the machine that a folder's Vagrantfile describes. */
  public settingsOf(folder: string): MachineSettings {
    const printed = execFileSync("ruby", ["-e", settingsScript, folder], {
      encoding: "utf8",
      env: { ...process.env, VAGRANT_HOME: this.home, VAGRANT_CHECKPOINT_DISABLE: "1" },
    });
    return JSON.parse(printed) as MachineSettings;
  }

  /** The same without blocking this process, for a server that runs in it. */
  public async runBeside(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    cwd = this.home,
  ): Promise<string> {
    const { stdout } = await promisify(execFile)("vagrant", args, {
      cwd,
      env: {
        ...process.env,
        VAGRANT_HOME: this.home,
        VAGRANT_CHECKPOINT_DISABLE: "1",
        ...environment,
      },
    });
    return stdout;
  }

  /** A folder with a Vagrantfile that uses a box at a version, and says more if need be. */
  public environment(box: string, version: string, lines: readonly string[] = []): string {
    const folder = fs.mkdtempSync(path.join(this.home, "environment-"));
    const own = [`c.vm.box = "${box}"`, `c.vm.box_version = "${version}"`, ...lines].join("; ");
    fs.writeFileSync(path.join(folder, "Vagrantfile"), `Vagrant.configure("2") { |c| ${own} }\n`);
    return folder;
  }

  public remove(): void {
    fs.rmSync(this.home, { recursive: true, force: true });
  }
}
