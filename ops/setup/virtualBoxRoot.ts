import { mkdirSync, mkdtempSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lastLines, run } from "./commands";
import type { Announcer } from "./log";
import { parseVersion } from "./versions";
import {
  inNamespaces,
  removeRoom,
  TIME_IS_UP,
  vboxManage,
  type VirtualBox,
} from "./virtualBoxRoom";

/** The one Debian suite with a current VirtualBox. */
const SUITE = "unstable";

/** The program itself: `/usr/bin/VBoxManage` is a script that first looks for a kernel module. */
const PROGRAM = "/usr/lib/virtualbox/VBoxManage";

/** How long making the folder may take: a slow line needs minutes for its 200 MB. */
const LIMIT_SECONDS = 1200;

const UNFINISHED = ".unfinished-";

/** Files that no command needs. */
const LEFT_OUT = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*"];

/** VirtualBox cannot be had here, through no fault of the project: its packages do not come. */
export class VirtualBoxUnavailable extends Error {}

/** What {@link makeVirtualBoxRoot} needs to know. */
export interface RootRequest {
  /** Folder that the finished root is put into, `SUITE-VERSION`. */
  readonly cache: string;
  /** Folder for mmdebstrap's output, `virtualbox.log`. */
  readonly logFolder: string;
  /** Debian archive. */
  readonly mirror: string;
}

/** The roots that were made before, newest VirtualBox first. */
export function findVirtualBoxRoots(cache: string): VirtualBox[] {
  let names: string[];
  try {
    names = readdirSync(cache);
  } catch {
    return [];
  }
  const prefix = `${SUITE}-`;
  return names
    .filter((name) => name.startsWith(prefix) && parseVersion(name) !== undefined)
    .map((name) => virtualBoxIn(join(cache, name), name.slice(prefix.length)))
    .sort((a, b) => b.version.localeCompare(a.version, "en", { numeric: true }));
}

function virtualBoxIn(root: string, version: string): VirtualBox {
  return { version, origin: `Debian ${SUITE}, in ${root}`, root, program: PROGRAM };
}

function mmdebstrapCommand(root: string, mirror: string): string[] {
  return inNamespaces(LIMIT_SECONDS, [
    ...["mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory"],
    "--include=virtualbox",
    "--aptopt=APT::Install-Recommends false",
    // Mirrors that keep one state of the archive serve lists that have expired.
    "--aptopt=Acquire::Check-Valid-Until false",
    "--aptopt=Acquire::Retries 1",
    "--aptopt=Acquire::http::Timeout 30",
    "--dpkgopt=force-unsafe-io",
    ...LEFT_OUT.map((files) => `--dpkgopt=path-exclude=${files}`),
    ...[SUITE, root, `deb ${mirror} ${SUITE} main contrib`],
  ]);
}

/**
 * Why a file did not come, by apt's messages, if that was it. A list that came, but whose signature
 * this machine's keys do not prove, is another matter.
 */
export function downloadProblem(output: string): string | undefined {
  if (/signatures? couldn't be verified|NO_PUBKEY|is not signed/.test(output)) return undefined;
  const error = /^Err:\d+ (.*)\n +(.*)$/m.exec(output);
  if (error !== null) return `${error[1]}: ${error[2]}`;
  return /Failed to fetch.*/.exec(output)?.[0];
}

/** Asks the installed program for its version, which also proves that it runs. */
async function versionOf(root: string): Promise<string> {
  const room = mkdtempSync(join(tmpdir(), "ami2box-virtualbox-"));
  try {
    const { code, output } = await vboxManage({ root, program: PROGRAM }, room, ["--version"]);
    const version = parseVersion(output);
    if (code === 0 && version !== undefined) return version.join(".");
    throw new Error(
      `VirtualBox of Debian ${SUITE} was installed, but does not run ` +
        `(exit status ${code}):\n${lastLines(output)}`,
    );
  } finally {
    await removeRoom(room);
  }
}

/**
 * Installs VirtualBox from Debian unstable into a folder, with mmdebstrap, and gives it its name in
 * the cache only when it runs. Must be called under a lock: what an earlier call left is removed.
 *
 * @throws VirtualBoxUnavailable if the packages cannot be downloaded
 * @throws Error if they cannot be installed, or VBoxManage does not run
 */
export async function makeVirtualBoxRoot(
  request: RootRequest,
  announce: Announcer,
): Promise<VirtualBox> {
  const { cache, logFolder, mirror } = request;
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache).filter((each) => each.startsWith(UNFINISHED))) {
    await removeRoom(join(cache, name));
  }
  const unfinished = join(cache, `${UNFINISHED}${process.pid}`);
  try {
    const [command, ...rest] = mmdebstrapCommand(unfinished, mirror);
    const { code, output } = await run(command!, rest, {
      onLine: (line) => {
        if (line.startsWith("I: ")) announce.progress(`set-up: VirtualBox: ${line.slice(3)}`);
      },
    });
    mkdirSync(logFolder, { recursive: true });
    const log = join(logFolder, "virtualbox.log");
    writeFileSync(log, output);
    if (code === TIME_IS_UP) {
      throw new VirtualBoxUnavailable(
        `${mirror} did not deliver VirtualBox within ${LIMIT_SECONDS / 60} minutes; all output: ${log}`,
      );
    }
    const problem = code === 0 ? undefined : downloadProblem(output);
    if (problem !== undefined) {
      throw new VirtualBoxUnavailable(`it cannot be downloaded: ${problem}; all output: ${log}`);
    }
    if (code !== 0) {
      throw new Error(
        `mmdebstrap could not install VirtualBox from Debian ${SUITE} (exit status ${code}; all of ` +
          `its output: ${log}); have VBoxManage on PATH instead\n${lastLines(output)}`,
      );
    }
    const version = await versionOf(unfinished);
    const root = join(cache, `${SUITE}-${version}`);
    renameSync(unfinished, root);
    return virtualBoxIn(root, version);
  } finally {
    await removeRoom(unfinished);
  }
}
