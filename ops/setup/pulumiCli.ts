import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { findOnPath, run as realRun, type Run } from "./commands";
import { withLock } from "./lock";
import { formatDuration, type Announcer } from "./log";
import { buildPulumi } from "./pulumiBuild";
import { pulumiPrograms } from "./pulumiModules";
import { isAtLeast } from "./versions";

/** Where a Pulumi CLI came from. */
export type PulumiOrigin = "PATH" | "official release" | "built from Go modules";

/** A Pulumi CLI with its Node.js language host. */
export interface PulumiCli {
  /** Folder that holds `pulumi`. */
  readonly folder: string;
  readonly origin: PulumiOrigin;
  /** Release, such as `v3.259.0`. */
  readonly version: string;
}

/** Folders and outside effects, replaceable in tests. */
export interface PulumiSources {
  /** Cache folder of the CLIs, shared by all clones. */
  readonly cache: string;
  readonly logFolder: string;
  readonly run: Run;
  readonly findOnPath: (name: string) => string | undefined;
  /** Whether the official downloads can be reached. */
  readonly officialAnswers: () => Promise<boolean>;
  /** Puts the official release into `bin/` of a folder. */
  readonly installOfficial: (folder: string) => Promise<void>;
  /** Puts a CLI built from source into `bin/` of a folder; keeps its own things in `goFolder`. */
  readonly build: (folder: string, goFolder: string, announce: Announcer) => Promise<void>;
}

/** The official installer's release, which is the SDK's own. */
function officialVersion(): string {
  const manifest = require.resolve("@pulumi/pulumi/package.json");
  return `v${(JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version}`;
}

/**
 * The oldest `pulumi` on PATH that is used: the release that we build ourselves, since the tests
 * run with it and none has run with an older one.
 */
export function oldestPulumi(): string {
  return pulumiPrograms()[0].version;
}

/** The real {@link PulumiSources} below a cache folder. */
export function pulumiSources(
  cacheFolder: string,
  logFolder: string,
  officialAnswers: () => Promise<boolean>,
): PulumiSources {
  return {
    cache: join(cacheFolder, "pulumi"),
    logFolder,
    run: realRun,
    findOnPath,
    officialAnswers,
    installOfficial: async (folder) => {
      // Loaded here only: the Automation API takes most of a second to load.
      const { PulumiCommand } = await import("@pulumi/pulumi/automation");
      await PulumiCommand.install({ root: folder });
    },
    build: (folder, goFolder, announce) => buildPulumi(folder, goFolder, announce, logFolder),
  };
}

/** What is on PATH, whether or not it will do; undefined if there is no `pulumi`. */
export async function pulumiOnPath(
  sources: Pick<PulumiSources, "findOnPath" | "run">,
): Promise<(PulumiCli & { readonly problem?: string }) | undefined> {
  const command = sources.findOnPath("pulumi");
  if (command === undefined) return undefined;
  const { stdout } = await sources.run(command, ["version"], {
    env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  const version = stdout.trim();
  const cli = { folder: dirname(command), origin: "PATH", version } as const;
  if (!isAtLeast(version, oldestPulumi())) {
    return {
      ...cli,
      problem: `${command} is ${version || "broken"}, older than ${oldestPulumi()}`,
    };
  }
  const host = "pulumi-language-nodejs";
  if (!existsSync(join(cli.folder, host)) && sources.findOnPath(host) === undefined) {
    return { ...cli, problem: `${command} has no ${host} beside it or on PATH` };
  }
  return cli;
}

function cachedClis(cache: string): PulumiCli[] {
  const [cli, host] = pulumiPrograms();
  const official = officialVersion();
  const inFolder = (name: string, origin: PulumiOrigin, version: string): PulumiCli => ({
    folder: join(cache, name, "bin"),
    origin,
    version,
  });
  return [
    inFolder(`official-${official}`, "official release", official),
    inFolder(`built-${cli.version}-host-${host.version}`, "built from Go modules", cli.version),
  ];
}

/** Finds a CLI that will do: on PATH, else in the cache; changes nothing. */
export async function findPulumi(
  sources: Pick<PulumiSources, "cache" | "findOnPath" | "run">,
): Promise<PulumiCli | undefined> {
  const onPath = await pulumiOnPath(sources);
  if (onPath !== undefined && onPath.problem === undefined) return onPath;
  return cachedClis(sources.cache).find((cli) => existsSync(join(cli.folder, "pulumi")));
}

/** Fills a folder under a temporary name, then gives it its own: nobody sees it half made. */
async function makeFolder(folder: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const temporary = join(dirname(folder), `.unfinished-${process.pid}`);
  try {
    await fill(temporary);
    renameSync(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function makePulumi(sources: PulumiSources, announce: Announcer): Promise<PulumiCli> {
  const [official, built] = cachedClis(sources.cache) as [PulumiCli, PulumiCli];
  if (await sources.officialAnswers()) {
    announce.line(`set-up: downloading the Pulumi CLI ${official.version}`);
    try {
      await makeFolder(dirname(official.folder), sources.installOfficial);
      return official;
    } catch (error) {
      const [reason] = (error as Error).message.split("\n");
      announce.line(`set-up: the official Pulumi CLI could not be installed: ${reason}`);
    }
  }
  await makeFolder(dirname(built.folder), (folder) =>
    sources.build(folder, join(sources.cache, "go"), announce),
  );
  return built;
}

/**
 * Finds a Pulumi CLI, or gets one into the cache: the official release if it can be reached, else
 * one built from Go modules. Two at once make it once; a killed one leaves nothing that is used.
 *
 * @throws Error if none can be had, with the remedy
 */
export async function obtainPulumi(
  sources: PulumiSources,
  announce: Announcer,
): Promise<PulumiCli> {
  const found = await findPulumi(sources);
  if (found !== undefined) return found;
  const onPath = await pulumiOnPath(sources);
  if (onPath?.problem !== undefined) announce.line(`set-up: not used: ${onPath.problem}`);
  const started = Date.now();
  mkdirSync(sources.cache, { recursive: true });
  return withLock(
    join(sources.cache, "lock"),
    () => announce.line("set-up: waiting for another run that is getting the Pulumi CLI"),
    async () => {
      const madeMeanwhile = await findPulumi(sources);
      if (madeMeanwhile !== undefined) return madeMeanwhile;
      // Only the holder of the lock makes these, so they are left from one that was killed.
      for (const name of readdirSync(sources.cache)) {
        if (name.startsWith(".unfinished-")) {
          rmSync(join(sources.cache, name), { recursive: true, force: true });
        }
      }
      const made = await makePulumi(sources, announce);
      announce.line(
        `set-up: Pulumi CLI ${made.version} (${made.origin}) ready in ` +
          formatDuration(Date.now() - started),
      );
      return made;
    },
  );
}
