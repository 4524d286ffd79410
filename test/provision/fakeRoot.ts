import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

const scripts = path.resolve(__dirname, "../../scripts");

/** What a script said and how it ended. */
export interface ScriptOutcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The line a fix's check prints. */
export interface Verdict {
  readonly found: string;
  readonly verdict: string;
  readonly remedy: string;
}

/** Runs a script below `scripts/` with the given variables and nothing else of the environment. */
export function runScript(
  name: string,
  args: readonly string[],
  variables: Record<string, string>,
): ScriptOutcome {
  const { status, stdout, stderr } = spawnSync("bash", [path.join(scripts, name), ...args], {
    encoding: "utf8",
    env: { PATH: process.env.PATH, SOURCE_DATE_EPOCH: "1700000000", ...variables },
  });
  return { status, stdout, stderr };
}

/**
 * A folder that looks, to the scripts, like the root of an image: only the files that they read. It stands in
 * the system's folder for temporary files and must be removed by its maker.
 */
export class FakeRoot {
  readonly dir = fs.mkdtempSync(path.join(tmpdir(), "ami2box-root-"));

  /** A Debian with systemd, one general kernel and an amd64 loader, plus `files` (path to content). */
  static debian(files: Record<string, string> = {}): FakeRoot {
    return new FakeRoot().with({
      "/etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
      "/usr/lib/systemd/systemd": "",
      "/lib64/ld-linux-x86-64.so.2": "",
      "/var/lib/dpkg/status": "",
      ...kernel("6.1.0-1-amd64", ["ahci", "sd_mod", "e1000", "ext4", "vboxguest", "vboxsf"]),
      ...files,
    });
  }

  with(files: Record<string, string>): this {
    for (const [name, content] of Object.entries(files)) {
      const file = this.path(name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, content);
    }
    return this;
  }

  path(name: string): string {
    return path.join(this.dir, name);
  }

  read(name: string): string {
    return fs.readFileSync(this.path(name), "utf8");
  }

  exists(name: string): boolean {
    return fs.existsSync(this.path(name));
  }

  check(fix: string, variables: Record<string, string> = {}): Verdict {
    const outcome = this.run(`fixes/${fix}.sh`, ["check"], variables);
    const fields = outcome.stdout.replace(/\n$/, "").split("\t");
    if (outcome.status !== 0 || fields.length !== 3) {
      throw new Error(
        `check of ${fix}: ${String(outcome.status)} ${outcome.stdout}${outcome.stderr}`,
      );
    }
    const [found = "", verdict = "", remedy = ""] = fields;
    return { found, verdict, remedy };
  }

  fix(fix: string, variables: Record<string, string> = {}): ScriptOutcome {
    return this.run(`fixes/${fix}.sh`, ["fix"], variables);
  }

  run(script: string, args: string[], variables: Record<string, string>): ScriptOutcome {
    const here = { AMI2BOX_MODE: "chroot", AMI2BOX_ROOT: this.dir };
    return runScript(script, args, { ...here, ...variables });
  }

  /** Names, kinds, modes and contents of everything inside. */
  digest(): string {
    const listing = execFileSync("bash", [
      "-c",
      `cd "$1" && find . -printf '%y %m %p %l\\n' | sort && find . -type f -print0 | sort -z | xargs -0 sha256sum`,
      "bash",
      this.dir,
    ]);
    return createHash("sha256").update(listing).digest("hex");
  }

  remove(): void {
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The files of an installed kernel that has these drivers as modules. */
export function kernel(version: string, drivers: readonly string[]): Record<string, string> {
  const modules = drivers.map((name) => `kernel/drivers/${name}.ko:\n`).join("");
  return {
    [`/lib/modules/${version}/modules.dep`]: modules,
    [`/lib/modules/${version}/modules.builtin`]: "",
    [`/boot/vmlinuz-${version}`]: "",
  };
}

/** The status file of dpkg with these packages installed. */
export function installed(...packages: string[]): Record<string, string> {
  const entries = packages.map((name) => `Package: ${name}\nStatus: install ok installed\n`);
  return { "/var/lib/dpkg/status": entries.join("\n") };
}
