import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { archiveValue, assetValue, type Properties } from "../lib/wireValues";

const LITERAL = /[.*+?^${}()|[\]\\]/g;

/**
 * Translates a pattern of github.com/gobwas/glob with separator `/`: `**` matches anything, `*` and `?` anything but
 * `/`, `[abc]`, `[a-z]`, `[!a-z]`, `{one,two}`, and `\` takes the next character as it is.
 */
export function globToRegExp(glob: string): RegExp {
  const tokens = glob.match(/\*\*|\\[^]|\[!?[^\]]+\]|[^]/gu) ?? [];
  let depth = 0;
  const source = tokens.map((token) => {
    if (token === "**") return ".*";
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    if (token === "{") return ((depth += 1), "(?:");
    if (token === "}" && depth > 0) return ((depth -= 1), ")");
    if (token === "," && depth > 0) return "|";
    if (token.length > 2 && token.startsWith("[")) {
      return token.replace(/^\[!/, "[^").replace(/\\/g, "\\\\");
    }
    return token.slice(token.startsWith("\\") && token.length > 1 ? 1 : 0).replace(LITERAL, "\\$&");
  });
  return new RegExp(`^${source.join("")}$`, "su");
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const nested = entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(async (entry) =>
      entry.isDirectory()
        ? (await filesBelow(join(folder, entry.name))).map((path) => `${entry.name}/${path}`)
        : [entry.name],
    );
  return (await Promise.all(nested)).flat();
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/**
 * The files below `folder` that the patterns pick, as assets by relative path. Patterns apply in order; one that
 * begins with `!` takes files out again.
 */
async function matchedAssets(folder: string, patterns: readonly string[]): Promise<Properties> {
  const rules = patterns.map((pattern) => ({
    include: !pattern.startsWith("!"),
    matches: globToRegExp(pattern.replace(/^!/, "")),
  }));
  const picked = (await filesBelow(folder)).filter((path) =>
    rules.reduce((yes, rule) => (rule.matches.test(path) ? rule.include : yes), false),
  );
  const assets: Properties = {};
  for (const relative of picked) {
    const path = join(folder, relative);
    assets[relative] = assetValue({ path, hash: await sha256(path) });
  }
  return assets;
}

/** The outputs `assets` and `archive`, each only if its patterns are given. */
export async function outputFiles(
  folder: string,
  assetPaths: readonly string[] | undefined,
  archivePaths: readonly string[] | undefined,
): Promise<Properties> {
  const outputs: Properties = {};
  if (assetPaths !== undefined) {
    outputs["assets"] = await matchedAssets(folder, assetPaths);
  }
  if (archivePaths !== undefined) {
    const assets = await matchedAssets(folder, archivePaths);
    const hash = createHash("sha256").update(JSON.stringify(assets)).digest("hex");
    outputs["archive"] = archiveValue({ assets, hash });
  }
  return outputs;
}
