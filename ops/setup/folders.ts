import { homedir } from "node:os";
import { join } from "node:path";

/** The project's own folder below its root: state, Pulumi home, logs. Ignored by git. */
export function privateFolder(root: string): string {
  return join(root, ".ami2box");
}

/** Root of the project that this file belongs to. */
export function projectRoot(): string {
  return join(__dirname, "../..");
}

/**
 * The user's cache folder for this project, shared by all clones: `$XDG_CACHE_HOME/ami2box`, by
 * default `~/.cache/ami2box` (XDG Base Directory Specification; a relative value is ignored, as
 * the specification says).
 */
export function cacheFolder(variables: NodeJS.ProcessEnv = process.env, home = homedir()): string {
  const configured = variables.XDG_CACHE_HOME;
  const base = configured?.startsWith("/") === true ? configured : join(home, ".cache");
  return join(base, "ami2box");
}
