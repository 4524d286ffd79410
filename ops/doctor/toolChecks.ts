import { isPresent } from "../setup/aptPackages";
import type { Run } from "../setup/commands";
import { findOnPath } from "../setup/commands";
import { goOnPath } from "../setup/goToolchain";
import { installedPlugins, localPlugins } from "../setup/plugins";
import { findPulumi, oldestPulumi, pulumiOnPath, type PulumiSources } from "../setup/pulumiCli";
import { pulumiPrograms } from "../setup/pulumiModules";
import { missingTools, SYSTEM_TOOLS } from "../setup/systemTools";
import type { Check } from "./check";

/** Node.js itself; run.mjs has refused one that is too old. */
export function checkNode(): Check {
  return { name: "Node.js", status: "ok", found: process.versions.node };
}

/**
 * The system tools: one row if all are there, else one for each that is missing. Set-up installs
 * them, so that a missing one is a problem only where it cannot.
 */
export function checkTools(
  present: (commandOrFile: string) => boolean = isPresent,
  canInstall = present("apt-get"),
): Check[] {
  const missing = missingTools(SYSTEM_TOOLS, present);
  if (missing.length === 0) {
    return [{ name: "system tools", status: "ok", found: `all ${SYSTEM_TOOLS.length} found` }];
  }
  return missing.map((tool) => ({
    name: tool.lookFor,
    status: canInstall ? "note" : "problem",
    found: `not found; it ${tool.why} (${tool.neededFor.join(", ")})`,
    remedy: canInstall
      ? `npm run ${commandFor(tool.neededFor[0])} installs it, or: apt-get install ${tool.package}`
      : `install the package ${tool.package}`,
  }));
}

function commandFor(purpose: string | undefined): string {
  return purpose === undefined || purpose === "clients" ? "test:clients" : purpose;
}

/** The Pulumi CLI; Go matters only if it is missing. */
export async function checkPulumi(
  sources: Pick<PulumiSources, "cache" | "run" | "findOnPath">,
): Promise<Check[]> {
  const onPath = await pulumiOnPath(sources);
  const used = await findPulumi(sources);
  const checks: Check[] = [];
  if (onPath?.problem !== undefined) {
    checks.push({
      name: "pulumi on PATH",
      status: "note",
      found: `${onPath.problem}; not used`,
      remedy: `upgrade it to ${oldestPulumi()} or newer, or leave it: set-up has its own`,
    });
  }
  if (used !== undefined) {
    const found = `${used.version} (${used.origin}) in ${used.folder}`;
    return [...checks, { name: "Pulumi CLI", status: "ok", found }];
  }
  return [
    ...checks,
    {
      name: "Pulumi CLI",
      status: "note",
      found: "none yet",
      remedy: "npm run box downloads it, or builds it in about four minutes",
    },
    await checkGo(sources.run),
  ];
}

async function checkGo(run: Run): Promise<Check> {
  const [cli] = pulumiPrograms();
  const command = await goOnPath(cli.goVersion, { run, findOnPath });
  return command === undefined
    ? { name: "Go", status: "note", found: `no ${cli.goVersion} on PATH; set-up fetches its own` }
    : { name: "Go", status: "ok", found: command };
}

/** The provider plugins in the project's private Pulumi home. */
export function checkPlugins(pulumiHome: string): Check[] {
  return installedPlugins(localPlugins, pulumiHome).map(({ name, version, kind }) => {
    const row = { name: `plugin ${name}`, found: `${version}, ${kind}` };
    if (kind === "official") return { ...row, status: "ok" };
    if (kind === "stand-in") {
      return { ...row, status: "ok", found: `${version}, our stand-in for the official plugin` };
    }
    return { ...row, status: "note", found: "none yet", remedy: "npm run box installs it" };
  });
}
