import { join } from "node:path";
import { findOnPath, run } from "./commands";
import { withLock } from "./lock";
import { formatDuration, type Announcer } from "./log";
import { parseVersion } from "./versions";
import type { VirtualBox } from "./virtualBoxRoom";
import { findVirtualBoxRoots, makeVirtualBoxRoot } from "./virtualBoxRoot";

export { removeRoom, TIME_IS_UP, vboxManage, type VirtualBox } from "./virtualBoxRoom";
export { VirtualBoxUnavailable } from "./virtualBoxRoot";

/** Where a VirtualBox is looked for and made. */
export interface VirtualBoxSources {
  /** The project's cache folder of the user; VirtualBox stands in its subfolder `virtualbox`. */
  readonly cache: string;
  /** Folder for the output of an installation. */
  readonly logFolder: string;
  /** Debian archive to install from. */
  readonly mirror?: string;
  readonly findOnPath?: (name: string) => string | undefined;
}

/** Debian's archive, at the address that leads to a near mirror. */
const DEBIAN = "http://deb.debian.org/debian";

async function virtualBoxOnPath(sources: VirtualBoxSources): Promise<VirtualBox | undefined> {
  const program = (sources.findOnPath ?? findOnPath)("VBoxManage");
  if (program === undefined) return undefined;
  const { code, stdout } = await run(program, ["--version"], {
    timeout: 30_000,
  });
  // A Debian package warns of a missing kernel module first.
  const version = parseVersion(stdout.trim().split("\n").at(-1) ?? "");
  if (code !== 0 || version === undefined) return undefined;
  return { version: version.join("."), origin: program, root: "/", program };
}

/**
 * Finds a real VirtualBox, the client that boxes are made for: the `VBoxManage` on PATH if it runs,
 * else the one in the user's cache, else Debian's, which is installed into a folder there, once. It
 * can import and inspect machines; starting one would need a kernel module as well.
 *
 * @throws VirtualBoxUnavailable if it must be downloaded and cannot be
 * @throws Error if it cannot be installed
 */
export async function obtainVirtualBox(
  sources: VirtualBoxSources,
  announce: Announcer,
): Promise<VirtualBox> {
  const onPath = await virtualBoxOnPath(sources);
  if (onPath !== undefined) return onPath;
  const { logFolder, mirror = DEBIAN } = sources;
  const cache = join(sources.cache, "virtualbox");
  const cached = findVirtualBoxRoots(cache)[0];
  if (cached !== undefined) return cached;
  return withLock(
    join(cache, "lock"),
    () => announce.line("set-up: waiting for another run that is installing VirtualBox"),
    async () => {
      const madeMeanwhile = findVirtualBoxRoots(cache)[0];
      if (madeMeanwhile !== undefined) return madeMeanwhile;
      const started = Date.now();
      announce.line(
        `set-up: installing VirtualBox from Debian unstable into ${cache} (once, a minute or two)`,
      );
      const made = await makeVirtualBoxRoot({ cache, logFolder, mirror }, announce);
      announce.line(
        `set-up: VirtualBox ${made.version} ready in ${formatDuration(Date.now() - started)}`,
      );
      return made;
    },
  );
}
