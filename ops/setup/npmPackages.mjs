// Keeps node_modules equal to package-lock.json. Plain JavaScript: it runs before any package is there.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/**
 * Tells whether an installed tree is the one that a lock file describes. npm writes
 * `node_modules/.package-lock.json` last, so a tree whose installation was cut short has none.
 *
 * @param {{packages: Record<string, object>}} lock package-lock.json (lockfileVersion 2 or 3)
 * @param {{packages: Record<string, object>} | null} installed node_modules/.package-lock.json,
 *   null if absent
 * @returns {boolean} false if a package is missing, superfluous or of another version; optional
 *   packages (those for other platforms) may be absent
 */
export function packagesMatch(lock, installed) {
  if (installed === null) return false;
  const expected = Object.entries(lock.packages).filter(([path]) => path !== "");
  const same = (left, right) =>
    left !== undefined &&
    right !== undefined &&
    left.version === right.version &&
    left.integrity === right.integrity;
  return (
    expected.every(([path, entry]) =>
      installed.packages[path] === undefined
        ? entry.optional === true || entry.devOptional === true
        : same(entry, installed.packages[path]),
    ) && Object.keys(installed.packages).every((path) => lock.packages[path] !== undefined)
  );
}

function readJson(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : null;
}

/** @param {string} root project folder @returns {boolean} whether `npm ci` would change anything */
export function packagesAreInstalled(root) {
  try {
    return packagesMatch(
      readJson(join(root, "package-lock.json")),
      readJson(join(root, "node_modules/.package-lock.json")),
    );
  } catch {
    return false;
  }
}

/** Runs `npm ci` in `root`. @returns {string | undefined} npm's last lines if it failed */
export function installPackages(root) {
  const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, npm_config_yes: "true", npm_config_update_notifier: "false" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (result.status === 0) return undefined;
  if (result.error) return result.error.message;
  return `${result.stdout}${result.stderr}`.trim().split("\n").slice(-12).join("\n");
}

/** Folder for everything that the project keeps to itself; made on demand. */
export function privateFolder(root) {
  const folder = join(root, ".ami2box");
  mkdirSync(folder, { recursive: true });
  return folder;
}
