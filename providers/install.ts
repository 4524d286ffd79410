import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";

/** Official plugins that have a stand-in here. */
export const standIns = ["aws", "command", "random", "tls"] as const;

/** Name of an official plugin that has a stand-in. */
export type StandInName = (typeof standIns)[number];

/** What {@link installStandIn} found or did. */
export interface Installation {
  /** The plugin's folder. */
  readonly folder: string;
  /** `installed` now, `unchanged` because it was there, or `official`: the official plugin is there and was left alone. */
  readonly outcome: "installed" | "unchanged" | "official";
}

/** Inside the plugin's folder: marks it as ours and says from which sources it was built. */
const MARK = "stand-in.json";

/** The version of the official plugin to stand in for: that of the npm package `@pulumi/NAME` of this project. */
export function standInVersion(name: StandInName): string {
  const path = require.resolve(`@pulumi/${name}/package.json`);
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}

/** The folder under a PULUMI_HOME where the engine looks for the plugin. */
export function pluginFolder(name: StandInName, pulumiHome: string): string {
  return join(pulumiHome, "plugins", `resource-${name}-v${standInVersion(name)}`);
}

function sourcesHash(name: StandInName): string {
  const hash = createHash("sha256");
  for (const part of [name, "lib"]) {
    for (const file of readdirSync(join(__dirname, part)).sort()) {
      hash.update(`${part}/${file}\0`).update(readFileSync(join(__dirname, part, file)));
    }
  }
  hash
    .update(readFileSync(__filename))
    .update(readFileSync(join(__dirname, "../package-lock.json")));
  return hash.update(process.execPath).digest("hex");
}

function installedHash(folder: string): string | undefined {
  const mark = join(folder, MARK);
  return existsSync(mark)
    ? (JSON.parse(readFileSync(mark, "utf8")) as { sources: string }).sources
    : undefined;
}

/** Runs the bundle with the Node.js that set it up, which need not be on the engine's PATH; `exec` keeps the process. */
function launcher(name: StandInName): string {
  return [
    "#!/bin/sh",
    `# Stand-in for the official Pulumi plugin ${name}; see providers/${name}/main.ts of ami2box.`,
    `node='${process.execPath.replaceAll("'", `'\\''`)}'`,
    '[ -x "$node" ] || node=node',
    'exec "$node" "${0%/*}/provider.js" "$@"',
    "",
  ].join("\n");
}

async function writePlugin(name: StandInName, folder: string, sources: string): Promise<void> {
  await build({
    entryPoints: [join(__dirname, name, "main.ts")],
    outfile: join(folder, "provider.js"),
    bundle: true,
    minify: true,
    keepNames: true,
    platform: "node",
    target: "node20",
    // Native speed-ups that some packages build where they can and do without where they cannot.
    external: ["*.node"],
    define: { STAND_IN_VERSION: JSON.stringify(standInVersion(name)) },
    logLevel: "error",
  });
  const program = join(folder, `pulumi-resource-${name}`);
  writeFileSync(program, launcher(name));
  chmodSync(program, 0o755);
  writeFileSync(join(folder, MARK), `${JSON.stringify({ standInFor: name, sources })}\n`);
}

/**
 * Puts the stand-in for the official plugin NAME into the plugin cache of a PULUMI_HOME, as `plugins/resource-NAME-vVERSION`,
 * where the engine takes it for the plugin it wants. Costs milliseconds if it is there already; replaced if our sources
 * changed. An official plugin in that place stays.
 *
 * @param pulumiHome - the folder named by PULUMI_HOME; made if missing
 * @throws Error if the folder cannot be written or the sources do not build; nothing half-made is left
 */
export async function installStandIn(name: StandInName, pulumiHome: string): Promise<Installation> {
  const folder = pluginFolder(name, pulumiHome);
  const unfinished = existsSync(`${folder}.partial`);
  const sources = sourcesHash(name);
  if (existsSync(folder) && !unfinished) {
    const found = installedHash(folder);
    if (found === undefined || found === sources) {
      return { folder, outcome: found === undefined ? "official" : "unchanged" };
    }
  }
  mkdirSync(dirname(folder), { recursive: true });
  const scratch = mkdtempSync(join(dirname(folder), ".stand-in-"));
  try {
    mkdirSync(join(scratch, "new"));
    await writePlugin(name, join(scratch, "new"), sources);
    if (existsSync(folder)) {
      renameSync(folder, join(scratch, "old"));
    }
    renameSync(join(scratch, "new"), folder);
    // The engine ignores a plugin beside such a file: it is what an interrupted download of the official one leaves.
    rmSync(`${folder}.partial`, { force: true });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return { folder, outcome: "installed" };
}
