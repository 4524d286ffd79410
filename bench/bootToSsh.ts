// Measures how long a box takes to answer SSH, against the plain image that it was made from: the same Debian,
// disk size, boot loader and QEMU, in turn.
//
//   npm run bench:boot             # five boots of each, about five minutes
//   npm run bench:boot -- --runs 9
//
// Every boot is a first one. The box's has then its machine-id and its host keys to make, which the plain image has
// already: the comparison leans against the box. Needs root. Judges nothing; docs/guest.md has the figures.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";

import { cacheFolder, privateFolder, projectRoot } from "../ops/setup/folders";
import { bundleTool } from "../ops/toolBundle";
import { bootTable, type BootTimes } from "./bootTimes";

type Variables = Readonly<Record<string, string>>;

const EPOCH = "1764000000";
const DISK_BYTES = String(8 * 2 ** 30);

/** The disks of both, made by the stages that make a box. */
class BootBench {
  constructor(
    private readonly root: string,
    private readonly work: string,
  ) {}

  /** The disk of the plain image. */
  public makePlain(): string {
    this.stage("bootstrap", {
      SUITE: "bookworm",
      MIRROR: "http://deb.debian.org/debian",
      SECURITY_MIRROR: "http://deb.debian.org/debian-security",
      PACKAGES: "",
      CACHE_DIR: path.join(cacheFolder(), "debian"),
    });
    this.run(["bench/boot/make-plain.sh"], {});
    const unchanged = path.join(this.work, "unchanged");
    fs.mkdirSync(path.join(unchanged, "root"), { recursive: true });
    const source = { SOURCE_TYPE: "debian", SOURCE_TREE: path.join(this.work, "plain") };
    return this.disk("plain.raw", { ...source, PROVISIONED: unchanged });
  }

  /** The disk of the box made from it. */
  public makeBox(plain: string): string {
    const source = { SOURCE_TYPE: "image", IMAGE: plain, IMAGE_FORMAT: "raw" };
    this.stage("provision", { ...source, GUEST_ADDITIONS: "auto", USER_SCRIPTS: "" });
    return this.disk("box.raw", { ...source, PROVISIONED: path.join(this.work, "provision") });
  }

  /** Seconds from switching on to the first login. */
  public boot(disk: string): number {
    const line = this.run(["bench/boot/time-to-ssh.sh"], { DISK: disk });
    return (JSON.parse(line) as { secondsToSsh: number }).secondsToSsh;
  }

  private disk(name: string, variables: Variables): string {
    this.stage("raw-disk", {
      ...variables,
      DISK_BYTES,
      FS_UUID: "12345678-1234-4234-8234-123456789abc",
      TOOL: path.join(this.root, bundleTool(this.root, "disk", "formats/cli/disk.ts").path),
    });
    const disk = path.join(this.work, name);
    fs.renameSync(path.join(this.work, "disk.raw"), disk);
    return disk;
  }

  private stage(name: string, variables: Variables): void {
    this.run(["scripts/run-stage.sh", name, "1200"], variables);
  }

  private run(command: readonly string[], variables: Variables): string {
    const { status, stdout } = spawnSync("bash", command, {
      cwd: this.root,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], WORK_DIR: this.work, EPOCH, ...variables },
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (status !== 0) {
      throw new Error(`${command.join(" ")} ended with status ${String(status)}`);
    }
    return stdout;
  }
}

/** Does what this file's header says. */
export function main(args: readonly string[]): void {
  const { values } = parseArgs({ args: [...args], options: { runs: { type: "string" } } });
  const runs = Number(values.runs ?? "5");
  if (!Number.isInteger(runs) || runs < 1) {
    throw new Error(`--runs is '${String(values.runs)}'; allowed: a whole number from 1`);
  }
  if (process.getuid?.() !== 0) {
    throw new Error("It mounts disks and must run as root: sudo npm run bench:boot.");
  }
  const root = projectRoot();
  const work = path.join(privateFolder(root), "bench", "boot");
  const bench = new BootBench(root, work);
  const times: Record<keyof BootTimes, number[]> = { plain: [], box: [] };
  try {
    const plain = bench.makePlain();
    const disks = { plain, box: bench.makeBox(plain) };
    for (let run = 0; run < runs; run++) {
      // Who goes first takes turns, so that a machine that slows down slows both.
      const order = ["plain", "box"] as const;
      for (const which of run % 2 === 0 ? order : [...order].reverse()) {
        times[which].push(bench.boot(disks[which]));
      }
    }
    process.stdout.write(bootTable(times));
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

if (require.main === module) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
