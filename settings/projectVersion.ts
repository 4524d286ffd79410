import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

/**
 * Which state of the project makes the box, for its report and its `info.json`.
 *
 * The commit is the last one that changed what decides a box: others leave its bytes as they are. It is
 * left out where the project is no Git checkout of its own.
 *
 * @param paths folders and files of the project that decide what is in a box
 */
export function projectVersion(
  projectDirectory: string,
  paths: readonly string[],
): Record<string, string> {
  const commit = lastCommit(projectDirectory, paths);
  return { ami2box: packageVersion(), ...(commit !== undefined && { gitCommit: commit }) };
}

function packageVersion(): string {
  const file = path.join(__dirname, "..", "package.json");
  return (JSON.parse(fs.readFileSync(file, "utf8")) as { version: string }).version;
}

function lastCommit(directory: string, paths: readonly string[]): string | undefined {
  const git = (...args: string[]): string =>
    execFileSync("git", ["-C", directory, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  try {
    // A copy that lies inside another project's checkout must not be told by that one's commits.
    if (git("rev-parse", "--show-toplevel") !== fs.realpathSync(directory)) return undefined;
    const commit = git("log", "-1", "--format=%H", "--", ...paths);
    if (commit === "") return undefined;
    const changed = git("status", "--porcelain", "--", ...paths) !== "";
    return changed ? `${commit} with local changes` : commit;
  } catch {
    return undefined;
  }
}
