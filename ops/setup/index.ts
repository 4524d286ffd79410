import { join } from "node:path";
import { installTools } from "./aptPackages";
import { rootPrefix, run } from "./commands";
import { projectEnvironment, writeEnvironment, type Backend } from "./environment";
import { cacheFolder, privateFolder, projectRoot } from "./folders";
import { withLock } from "./lock";
import { announceOn, type Announcer } from "./log";
import { ensureMoto } from "./moto";
import { ensurePlugins, pluginsFor } from "./plugins";
import { obtainPulumi, pulumiSources, type PulumiCli } from "./pulumiCli";
import { officialDownloadsAnswer } from "./reachability";
import { toolsFor, type Purpose } from "./systemTools";

export type { Purpose } from "./systemTools";
export { projectEnvironment, type Backend } from "./environment";

/** What set-up leaves ready. */
export interface Environment {
  /** Absolute path of the project. */
  readonly root: string;
  /** The whole environment for child processes: private Pulumi home and state, PATH. */
  readonly variables: NodeJS.ProcessEnv;
  readonly pulumi: PulumiCli;
}

async function requireRoot(): Promise<void> {
  const prefix = rootPrefix();
  if (prefix.length === 0) return;
  const { code } = await run(prefix[0]!, [...prefix.slice(1), "true"]);
  if (code !== 0) {
    throw new Error(
      "sudo asks for a password, and set-up asks nothing: run `sudo -v` first, or run as root.",
    );
  }
}

/**
 * Installs the system tools of a purpose that are missing, and nothing else.
 *
 * @throws Error if sudo would ask for a password, or apt fails
 */
export async function setUpTools(
  purpose: Purpose,
  announce: Announcer = announceOn(process.stderr),
): Promise<void> {
  await requireRoot();
  await installTools(toolsFor(purpose), announce, join(privateFolder(projectRoot()), "logs"));
}

/**
 * Makes everything ready that a purpose needs: system tools, a Pulumi CLI, the project's private
 * Pulumi home and state, provider plugins. Announces what it does and how long it took, and prints
 * nothing if there is nothing to do, which takes a fraction of a second.
 *
 * Nothing outside the project changes but the distribution's packages and the user's cache folder.
 *
 * @param backend whose Pulumi state and login the environment leads to
 * @throws Error with the reason and the remedy
 */
export async function setUp(
  purpose: Purpose,
  announce: Announcer = announceOn(process.stderr),
  backend: Backend = "private",
): Promise<Environment> {
  const root = projectRoot();
  const own = privateFolder(root);
  if (purpose !== "cloud") await setUpTools(purpose, announce);
  if (purpose === "test") await ensureMoto(announce);

  let answer: Promise<boolean> | undefined;
  const officialAnswers = (): Promise<boolean> =>
    (answer ??= officialDownloadsAnswer(join(own, "official-downloads-refused")));
  const pulumi = await obtainPulumi(
    pulumiSources(cacheFolder(), join(own, "logs"), officialAnswers),
    announce,
  );

  writeEnvironment(root, pulumi.folder);
  const variables = projectEnvironment(root, pulumi.folder, process.env, backend);
  await withLock(
    join(own, "plugins.lock"),
    () => announce.line("set-up: waiting for another run that is installing Pulumi plugins"),
    () =>
      ensurePlugins(pluginsFor(purpose), join(own, "pulumi-home"), variables, announce, {
        officialAnswers,
      }),
  );
  return { root, variables, pulumi };
}
