import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ADMIN_FOLDERS, findOnPath, lastLines, rootPrefix, run, type Run } from "./commands";
import { formatDuration, type Announcer } from "./log";
import { missingTools, type SystemTool } from "./systemTools";

/** How long apt waits for another apt to finish, in seconds. */
const LOCK_WAIT_SECONDS = 120;

/** Whether a command is on PATH (administrators' folders included) or a file exists. */
export function isPresent(commandOrFile: string): boolean {
  if (commandOrFile.startsWith("/")) return existsSync(commandOrFile);
  const path = [process.env.PATH ?? "", ...ADMIN_FOLDERS].join(":");
  return findOnPath(commandOrFile, path) !== undefined;
}

/**
 * Shell text that runs apt-get with its arguments while no service may be started.
 *
 * Packages ask `/usr/sbin/policy-rc.d` before they start a service; there is no other switch. The
 * file is there only meanwhile, answers "no" only while its writer lives (a kill leaves nothing
 * that matters), and one that somebody else put there is left as it is.
 */
export const QUIET_APT_SCRIPT = `
set -eu
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ] || grep -q 'written by ami2box' "$policy"; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM HUP
  printf '%s\\n' '#!/bin/sh' '# written by ami2box: starts no service while it installs packages' \\
    "kill -0 $$ 2>/dev/null && exit 101" 'exit 0' >"$policy"
  chmod 755 "$policy"
fi
apt-get "$@" </dev/null
`;

function aptCommand(verb: string, args: readonly string[]): string[] {
  return [
    ...rootPrefix(),
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "LC_ALL=C",
    "sh",
    "-c",
    QUIET_APT_SCRIPT,
    "apt-get",
    "-y",
    "-o",
    `DPkg::Lock::Timeout=${LOCK_WAIT_SECONDS}`,
    "-o",
    "Dpkg::Options::=--force-confold",
    verb,
    ...args,
  ];
}

function packageListsExist(): boolean {
  try {
    return readdirSync("/var/lib/apt/lists").some((name) => /_Packages(\.\w+)?$/.test(name));
  } catch {
    return false;
  }
}

/** What {@link installTools} touches outside, replaceable in tests. */
export interface AptEffects {
  readonly run: Run;
  readonly isPresent: (commandOrFile: string) => boolean;
  readonly listsExist: () => boolean;
}

const REAL_EFFECTS: AptEffects = { run, isPresent, listsExist: packageListsExist };

/**
 * Installs the packages of the tools that are missing, in one apt call; package lists are fetched
 * only if there are none or the call fails without fresh ones. Starts no service.
 *
 * @param logFolder where apt's output is kept (`apt.log`)
 * @throws Error with apt's last lines if it fails, or if a tool is still missing afterwards
 */
export async function installTools(
  tools: readonly SystemTool[],
  announce: Announcer,
  logFolder: string,
  effects: AptEffects = REAL_EFFECTS,
): Promise<void> {
  const missing = missingTools(tools, effects.isPresent);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((tool) => tool.package))];
  const started = Date.now();
  const count = `${packages.length} system package${packages.length === 1 ? "" : "s"}`;
  announce.line(`set-up: installing ${count}: ${packages.join(", ")}`);

  let log = "";
  const apt = async (verb: string, args: readonly string[]): Promise<number> => {
    const [command, ...rest] = aptCommand(verb, args);
    const { code, output } = await effects.run(command!, rest, {
      onLine: (line) => announce.progress(`set-up: apt: ${line.trim()}`),
    });
    log += output;
    return code;
  };
  const install = (): Promise<number> =>
    apt("install", ["--no-install-recommends", "--", ...packages]);

  const listsWereThere = effects.listsExist();
  let code = listsWereThere ? await install() : 1;
  if (code !== 0) {
    // A failed update alone is no failure: one dead source of several is common.
    await apt("update", []);
    code = await install();
  }
  mkdirSync(logFolder, { recursive: true });
  const logFile = join(logFolder, "apt.log");
  writeFileSync(logFile, log);
  const remedy = `run by hand: apt-get update && apt-get install ${packages.join(" ")}`;
  if (code !== 0) {
    throw new Error(
      `apt-get could not install ${packages.join(", ")} (exit status ${code}; all of its output: ` +
        `${logFile}); ${remedy}\n${lastLines(log)}`,
    );
  }
  const still = missingTools(missing, effects.isPresent);
  if (still.length > 0) {
    const names = still.map((tool) => `${tool.lookFor} (package ${tool.package})`);
    throw new Error(`apt-get succeeded, but these are still missing: ${names.join(", ")}.`);
  }
  announce.line(`set-up: system packages ready in ${formatDuration(Date.now() - started)}`);
}
