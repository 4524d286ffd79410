import { existsSync, mkdtempSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import {
  installStandIn,
  pluginFolder,
  standIns,
  standInVersion,
  type StandInName,
} from "../../providers/install";
import { run as realRun, type Run } from "./commands";
import { formatDuration, type Announcer } from "./log";
import type { Purpose } from "./systemTools";

/** What occupies a plugin's place in a PULUMI_HOME. */
export type PluginKind = "official" | "stand-in" | "none";

/** The marker of a stand-in, and of a download that was cut short (the engine looks for it too). */
const STAND_IN_MARK = "stand-in.json";
const PARTIAL_SUFFIX = ".partial";

/** Plugins that a build on this machine or over SSH needs. */
export const localPlugins: readonly StandInName[] = ["command", "random"];

/** The plugins that a purpose needs: those of AWS only where boxes are made there. */
export function pluginsFor(purpose: Purpose): readonly StandInName[] {
  return purpose === "test" || purpose === "cloud" ? standIns : localPlugins;
}

/** A download of some 20 MB, with aws 200 MB; a stand-in is better than waiting longer. */
const DOWNLOAD_TIMEOUT_MS = 180_000;

/** Tells what is installed in a plugin's folder. */
export function pluginKind(folder: string): PluginKind {
  if (!existsSync(folder) || existsSync(`${folder}${PARTIAL_SUFFIX}`)) return "none";
  return existsSync(join(folder, STAND_IN_MARK)) ? "stand-in" : "official";
}

/** What is installed for each of these plugins. */
export function installedPlugins(
  names: readonly StandInName[],
  pulumiHome: string,
): { readonly name: StandInName; readonly version: string; readonly kind: PluginKind }[] {
  return names.map((name) => ({
    name,
    version: standInVersion(name),
    kind: pluginKind(pluginFolder(name, pulumiHome)),
  }));
}

/** What {@link ensurePlugins} touches outside, replaceable in tests. */
export interface PluginEffects {
  readonly run: Run;
  readonly officialAnswers: () => Promise<boolean>;
  readonly installStandIn: typeof installStandIn;
}

/**
 * Downloads an official plugin and puts it in its place, over a stand-in if one is there.
 * The download goes to a home of its own first: a failed one changes nothing.
 *
 * @returns the reason if it could not be downloaded
 */
async function installOfficialPlugin(
  name: StandInName,
  pulumiHome: string,
  variables: NodeJS.ProcessEnv,
  run: Run,
): Promise<string | undefined> {
  const folder = pluginFolder(name, pulumiHome);
  mkdirSync(dirname(folder), { recursive: true });
  const scratch = mkdtempSync(join(pulumiHome, ".official-"));
  try {
    const { code, output } = await run(
      join(variables.PATH?.split(":")[0] ?? "", "pulumi"),
      ["plugin", "install", "resource", name, standInVersion(name), "--non-interactive"],
      { env: { ...variables, PULUMI_HOME: scratch }, timeout: DOWNLOAD_TIMEOUT_MS },
    );
    const downloaded = join(scratch, "plugins", basename(folder));
    if (code !== 0 || pluginKind(downloaded) !== "official") {
      return output.trim().split("\n").at(-1) ?? `exit status ${code}`;
    }
    if (existsSync(folder)) renameSync(folder, join(scratch, "replaced"));
    renameSync(downloaded, folder);
    rmSync(`${folder}${PARTIAL_SUFFIX}`, { force: true });
    return undefined;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * Makes sure that these provider plugins are in the project's private Pulumi home: the official
 * one where it can be downloaded, else our stand-in. A stand-in gives way to the official plugin
 * once that can be had.
 *
 * @param variables the project's environment, with the CLI's folder first on PATH
 * @throws Error if a stand-in cannot be built or written
 */
export async function ensurePlugins(
  names: readonly StandInName[],
  pulumiHome: string,
  variables: NodeJS.ProcessEnv,
  announce: Announcer,
  effects: Pick<PluginEffects, "officialAnswers"> & Partial<PluginEffects>,
): Promise<void> {
  const { run, installStandIn: standIn } = { run: realRun, installStandIn, ...effects };
  const wanted = installedPlugins(names, pulumiHome).filter((plugin) => plugin.kind !== "official");
  if (wanted.length === 0) return;
  const started = Date.now();
  const official: string[] = [];
  const newStandIns: string[] = [];
  const reasons = new Set<string>();
  const answers = await effects.officialAnswers();
  for (const { name, version } of wanted) {
    let reason: string | undefined = "the official plugins cannot be downloaded here";
    if (answers) {
      announce.progress(`set-up: downloading the Pulumi plugin ${name} ${version}`);
      reason = await installOfficialPlugin(name, pulumiHome, variables, run);
    }
    if (reason === undefined) {
      official.push(`${name} ${version}`);
    } else if ((await standIn(name, pulumiHome)).outcome === "installed") {
      reasons.add(reason);
      newStandIns.push(`${name} ${version}`);
    }
  }
  const took = formatDuration(Date.now() - started);
  if (official.length > 0) {
    announce.line(`set-up: Pulumi plugins ready in ${took}: ${official.join(", ")}`);
  }
  if (newStandIns.length > 0) {
    announce.line(
      `set-up: Pulumi plugins: our stand-ins for ${newStandIns.join(" and ")} ready in ${took}, ` +
        `because ${[...reasons].join("; ")}`,
    );
  }
}
