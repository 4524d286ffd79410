import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { buildSync } from "esbuild";

/** A TypeScript program made into one JavaScript file that a worker runs with nothing but Node.js. */
export interface ToolBundle {
  /** The file, as a path from the project folder. */
  readonly path: string;
  /** Digest of the file: changes when any source that went into it does. */
  readonly sha256: string;
}

/** Where a bundle of that name stands, as a path from the project folder. */
export function toolBundlePath(name: string): string {
  return path.join(".ami2box", "tools", `${name}.js`);
}

/**
 * Bundles one entry point into `.ami2box/tools/<name>.js`, for Node.js 18, the oldest a worker has.
 *
 * Native modules stay outside: a program that finds none of them works without, only slower.
 *
 * @param projectDirectory the project's folder
 * @param name name of the bundle
 * @param entryPoint the program's main file, as a path from the project folder
 */
export function bundleTool(projectDirectory: string, name: string, entryPoint: string): ToolBundle {
  const built = buildSync({
    absWorkingDir: projectDirectory,
    entryPoints: [entryPoint],
    bundle: true,
    platform: "node",
    target: "node18",
    external: ["koffi"],
    legalComments: "none",
    write: false,
  });
  const [output] = built.outputFiles;
  if (output === undefined) throw new Error(`esbuild made nothing of ${entryPoint}`);
  const bundle = toolBundlePath(name);
  writeIfChanged(path.join(projectDirectory, bundle), output.contents);
  return { path: bundle, sha256: createHash("sha256").update(output.contents).digest("hex") };
}

/** A stage may be reading the file: it is replaced as a whole, and only when it differs. */
function writeIfChanged(file: string, content: Uint8Array): void {
  if (fs.existsSync(file) && fs.readFileSync(file).equals(content)) return;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, content);
  fs.renameSync(temporary, file);
}
