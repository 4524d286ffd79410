import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

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

  /** A folder with a Vagrantfile that uses a box at a version. */
  public environment(box: string, version: string): string {
    const folder = fs.mkdtempSync(path.join(this.home, "environment-"));
    fs.writeFileSync(
      path.join(folder, "Vagrantfile"),
      `Vagrant.configure("2") { |c| c.vm.box = "${box}"; c.vm.box_version = "${version}" }\n`,
    );
    return folder;
  }

  public remove(): void {
    fs.rmSync(this.home, { recursive: true, force: true });
  }
}
