import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run as realRun, type Run } from "../commands";
import { cacheFolder } from "../folders";
import { withLock } from "../lock";
import { formatDuration, type Announcer } from "../log";

const REQUIREMENTS = join(__dirname, "requirements.txt");

/** Written last: a folder without it is what an interrupted installation left. */
const MARK = "complete";

/** Debian's Python, not one that happens to be first on PATH: python3-venv is installed for it. */
const PYTHON = "/usr/bin/python3";

/** The virtual environment for the pinned versions; another set of versions gets a folder of its own. */
function environmentFolder(cache: string): string {
  const versions = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex");
  return join(cache, "moto", versions.slice(0, 16));
}

/**
 * Makes sure that the moto server of the pinned versions is installed in the cache folder. Needs
 * python3-venv; costs a fraction of a second once it is there.
 *
 * @returns path of `moto_server`
 * @throws Error with what pip said; nothing half-made passes for an installation
 */
export async function ensureMoto(
  announce: Announcer,
  cache: string = cacheFolder(),
  run: Run = realRun,
): Promise<string> {
  const folder = environmentFolder(cache);
  const server = join(folder, "bin", "moto_server");
  const isThere = (): boolean => existsSync(join(folder, MARK));
  if (isThere()) return server;
  await withLock(
    join(cache, "moto.lock"),
    () => announce.line("set-up: waiting for another run that is installing moto"),
    async () => {
      if (!isThere()) await install(folder, announce, run);
    },
  );
  return server;
}

async function install(folder: string, announce: Announcer, run: Run): Promise<void> {
  const started = Date.now();
  announce.progress("set-up: installing moto, which answers for AWS in the tests");
  // Not moved into place afterwards: its programs name their interpreter by its path.
  rmSync(folder, { recursive: true, force: true });
  for (const [command, ...args] of [
    [PYTHON, "-m", "venv", folder],
    [
      join(folder, "bin", "pip"),
      "install",
      "--quiet",
      "--disable-pip-version-check",
      "--require-hashes",
      "--requirement",
      REQUIREMENTS,
    ],
  ] as const) {
    const { code, output } = await run(command, args);
    if (code !== 0) {
      throw new Error(
        `moto could not be installed: ${output.trim().split("\n").slice(-3).join(" ")}; check that PyPI can be reached and python3-venv is installed`,
      );
    }
  }
  writeFileSync(join(folder, MARK), "");
  announce.line(`set-up: moto installed in ${formatDuration(Date.now() - started)}`);
}
