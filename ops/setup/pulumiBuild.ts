import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { lastLines, run as realRun, type Run } from "./commands";
import { obtainGo, type GoToolchain } from "./goToolchain";
import { formatDuration, type Announcer } from "./log";
import { pulumiPrograms, type PulumiProgram } from "./pulumiModules";
import { isAtLeast } from "./versions";

/** Where the linker puts the release number that `pulumi version` prints. */
const VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

/** What {@link buildPulumi} touches outside, replaceable in tests. */
export interface BuildEffects {
  readonly run: Run;
  readonly obtainGo: typeof obtainGo;
}

function buildError(program: PulumiProgram, step: string, output: string): Error {
  return new Error(
    `Could not ${step} ${program.name} ${program.version} from Go modules; check that the Go module ` +
      "proxy is reachable and the disk has 5 GB free, or install Pulumi yourself so that `pulumi` " +
      `is on PATH, then run again.\n${lastLines(output)}`,
  );
}

/** Counts the packages of a program, which also downloads the modules that it needs. */
async function countPackages(
  program: PulumiProgram,
  go: GoToolchain,
  env: NodeJS.ProcessEnv,
  announce: Announcer,
  run: Run,
): Promise<number> {
  let downloads = 0;
  const { code, stdout, output } = await run(go.command, ["list", "-deps", program.mainPackage], {
    cwd: program.folder,
    env,
    onLine: (line) => {
      if (line.startsWith("go: downloading")) {
        announce.progress(`set-up: ${program.name}: ${++downloads} Go modules downloaded`);
      }
    },
  });
  if (code !== 0) throw buildError(program, "download", output);
  return stdout.trim().split("\n").length;
}

async function buildProgram(
  program: PulumiProgram,
  go: GoToolchain,
  target: string,
  announce: Announcer,
  run: Run,
): Promise<void> {
  const started = Date.now();
  // Without cgo no C compiler is needed, and the result does not depend on the machine's libc.
  const env = { ...process.env, ...go.variables, CGO_ENABLED: "0", GOWORK: "off" };
  const total = await countPackages(program, go, env, announce, run);
  let compiled = 0;
  const { code, output } = await run(
    go.command,
    [
      "build",
      "-v",
      "-buildvcs=false",
      "-ldflags",
      `-s -w -X ${VERSION_VARIABLE}=${program.version}`,
      "-o",
      target,
      program.mainPackage,
    ],
    {
      cwd: program.folder,
      env,
      onLine: () => {
        const elapsed = formatDuration(Date.now() - started);
        announce.progress(
          `set-up: ${program.name}: ${++compiled} of ${total} packages compiled, ${elapsed}`,
        );
      },
    },
  );
  if (code !== 0) throw buildError(program, "build", output);
}

/**
 * Builds the Pulumi CLI and its Node.js language host from Go modules into `bin/` of a folder.
 *
 * @param folder made by this function; on failure the caller removes it
 * @param goFolder where Go is put if it must be fetched; kept after a failure, so that the next try
 *   goes on from there, and removed after success
 * @throws Error if Go cannot be had, a module cannot be downloaded or a package does not compile
 */
export async function buildPulumi(
  folder: string,
  goFolder: string,
  announce: Announcer,
  logFolder: string,
  effects: BuildEffects = { run: realRun, obtainGo },
): Promise<void> {
  const programs = pulumiPrograms();
  const [cli] = programs;
  announce.line(
    `set-up: building the Pulumi CLI ${cli.version} from Go modules (once, about four minutes)`,
  );
  const goVersion = programs
    .map((program) => program.goVersion)
    .reduce((newest, candidate) => (isAtLeast(newest, candidate) ? newest : candidate));
  const go = await effects.obtainGo(goVersion, goFolder, announce, logFolder);
  mkdirSync(join(folder, "bin"), { recursive: true });
  for (const program of programs) {
    await buildProgram(program, go, join(folder, "bin", program.name), announce, effects.run);
  }
  if (go.disposable !== undefined) rmSync(go.disposable, { recursive: true, force: true });
}
