/** Runs the boot-proof stage, and parts of it, on small boxes made for the purpose. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const scripts = path.resolve(__dirname, "../../scripts");
const stage = path.join(scripts, "stages/boot-proof.sh");

/** The folders of one run: the work directory, the evidence, and the box with a guest script. */
export interface Run {
  readonly root: string;
  readonly work: string;
  readonly out: string;
  readonly box: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Makes the folders of a run; `environment` is added to the variables the stage needs. */
export function newRun(environment: NodeJS.ProcessEnv = {}): Run {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "boot proof, test-"));
  const work = path.join(root, "work");
  const out = path.join(root, "out");
  const box = path.join(root, "test.box");
  const checks = path.join(root, "checks.sh");
  fs.mkdirSync(work);
  fs.mkdirSync(out);
  fs.writeFileSync(checks, "echo 1..0\n");
  const env = {
    PATH: process.env["PATH"],
    WORK_DIR: work,
    BOX: box,
    OUT_DIR: out,
    GUEST_CHECKS: checks,
    ACCEL: "tcg",
    MEMORY_MIB: "64",
    ...environment,
  };
  return { root, work, out, box, env };
}

/** Removes what {@link newRun} made. */
export function endRun(run: Run): void {
  fs.rmSync(run.root, { recursive: true, force: true });
}

/** What a finished stage said. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  /** Lines of stderr, without empty ones. */
  readonly lines: string[];
}

/** Runs the stage to its end. */
export function runStage(run: Run): Outcome {
  const { status, stdout, stderr } = spawnSync("bash", [stage], { env: run.env, encoding: "utf8" });
  return { status, stdout, lines: stderr.split("\n").filter((line) => line !== "") };
}

/** Starts the stage and returns once it has said that it waits for SSH. */
export async function startStage(run: Run): Promise<ChildProcess> {
  const child = spawn("bash", [stage], { env: run.env, stdio: ["ignore", "ignore", "pipe"] });
  await new Promise<void>((resolve, reject) => {
    let said = "";
    child.stderr.on("data", (data: Buffer) => {
      said += data.toString();
      if (said.includes("waiting for SSH")) resolve();
    });
    child.once("exit", () => reject(new Error(`the stage ended early: ${said}`)));
  });
  return child;
}

/** Waits for a process to end; its exit status, or the signal that ended it. */
export async function ended(child: ChildProcess): Promise<number | string | null> {
  return new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
}

/** Runs bash lines after the stage's libraries, with `STAGE_TMP` a folder of the run. */
export function runParts(run: Run, lines: string): Outcome {
  const temporary = path.join(run.root, "tmp");
  fs.mkdirSync(temporary, { recursive: true });
  const script = `
    source "$SCRIPTS/lib/stage.sh"
    STAGE=boot-proof STAGE_TMP=$TEMPORARY STAGE_LOG=$TEMPORARY/log
    for part in lib/bounded lib/qemu lib/ssh boot-proof/settings boot-proof/box \
      boot-proof/checks boot-proof/evidence boot-proof/steps boot-proof/access; do source "$SCRIPTS/$part.sh"; done
    checks_begin
    ${lines}`;
  const env = { ...run.env, SCRIPTS: scripts, TEMPORARY: temporary };
  const { status, stdout, stderr } = spawnSync("bash", ["-c", script], { env, encoding: "utf8" });
  return { status, stdout, lines: stderr.split("\n").filter((line) => line !== "") };
}

/** The command lines of all processes started for a run; its variables give them away. */
export function processesOf(run: Run): string[] {
  const read = (pid: string, file: string): string => {
    try {
      return fs.readFileSync(`/proc/${pid}/${file}`, "utf8").replaceAll("\0", " ").trim();
    } catch {
      return "";
    }
  };
  return fs
    .readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && read(pid, "environ").includes(run.root))
    .map((pid) => read(pid, "cmdline"))
    .filter((command) => command !== "");
}

/** Files and folders left in the run's work directory and evidence folder, apart from logs. */
export function leftBehind(run: Run): string[] {
  const work = fs.readdirSync(run.work).filter((name) => name !== "logs");
  return [...work, ...fs.readdirSync(run.out)];
}

/** Members of a box to be made; a member set to undefined is left out. */
export interface BoxParts {
  readonly metadata?: string | undefined;
  readonly ovf?: string | undefined;
  /** Names of the disk files. */
  readonly disks?: readonly string[];
  /** Content of the disk files in place of a VMDK. */
  readonly diskContent?: Buffer;
}

/** Writes a box whose only disk prints `Halted.` from its boot sector and then stops the machine. */
export function writeBox(run: Run, parts: BoxParts = {}): void {
  const folder = fs.mkdtempSync(path.join(run.root, "box-"));
  const metadata =
    "metadata" in parts ? parts.metadata : '{"provider":"virtualbox","architecture":"amd64"}';
  const ovf = "ovf" in parts ? parts.ovf : "<Envelope/>";
  const members: string[] = [];
  const add = (name: string, content: Buffer | string): void => {
    fs.writeFileSync(path.join(folder, name), content);
    members.push(name);
  };
  if (metadata !== undefined) add("metadata.json", metadata);
  if (ovf !== undefined) add("box.ovf", ovf);
  for (const name of parts.disks ?? ["box-disk001.vmdk"]) {
    add(name, parts.diskContent ?? haltingDisk(folder));
  }
  execFileSync("tar", ["-C", folder, "-cf", run.box, "--", ...members]);
  fs.rmSync(folder, { recursive: true });
}

function haltingDisk(folder: string): Buffer {
  const raw = path.join(folder, "disk.raw");
  const vmdk = path.join(folder, "disk.vmdk");
  const text = Buffer.from("Halted.\0");
  const code = Buffer.from([
    0xbe, 0x12, 0x7c, 0xb4, 0x0e, 0xac, 0x84, 0xc0, 0x74, 0x04, 0xcd, 0x10, 0xeb, 0xf7, 0xfa, 0xf4,
    0xeb, 0xfd,
  ]);
  const disk = Buffer.alloc(1 << 20);
  code.copy(disk);
  text.copy(disk, code.length);
  disk.writeUInt16LE(0xaa55, 510);
  fs.writeFileSync(raw, disk);
  const options = ["-O", "vmdk", "-o", "subformat=streamOptimized"];
  execFileSync("qemu-img", ["convert", ...options, raw, vmdk]);
  return fs.readFileSync(vmdk);
}
