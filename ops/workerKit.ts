import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { gzipSync } from "node:zlib";

import { BLOCK, padding, tarHeader } from "../formats/box/tar";
import { bundleTool } from "./toolBundle";

/** All that a worker needs of this project, as one file to be copied there. */
export interface WorkerKit {
  /** The archive (tar, gzip), as a path from the project folder. */
  readonly path: string;
  /** Digest of what is in it: the same project has the same, on any machine. */
  readonly sha256: string;
}

/** A file in the kit. */
interface KitFile {
  readonly name: string;
  readonly content: Buffer;
}

/** Folder of the kits, below the project folder; a stack with another state may still need an older one. */
const kitFolder = path.join(".ami2box", "worker-kit");

/** What of koffi's packages is code: not its documentation, sources and headers. */
const koffiFile = /(^|\/)(package\.json|[^/]+\.(cjs|js|node))$/;

/**
 * Packs `scripts/`, the bundled tools and koffi, the native module that makes them faster, into
 * `.ami2box/worker-kit/<digest>.tar.gz`. Of koffi it takes what npm installed here for Linux: a worker
 * of another architecture does without.
 *
 * @param projectDirectory the project's folder
 * @param tools entry point of each tool, by its name
 */
export function makeWorkerKit(
  projectDirectory: string,
  tools: Readonly<Record<string, string>>,
): WorkerKit {
  const files = [
    ...filesBelow(projectDirectory, "scripts"),
    ...Object.entries(tools).map(([name, entryPoint]) => ({
      name: `tools/${name}.js`,
      content: fs.readFileSync(
        path.join(projectDirectory, bundleTool(projectDirectory, name, entryPoint).path),
      ),
    })),
    ...koffiFiles(projectDirectory),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
  const tar = Buffer.concat([...files.flatMap(tarMember), Buffer.alloc(2 * BLOCK)]);
  const sha256 = createHash("sha256").update(tar).digest("hex");
  const kit = path.join(kitFolder, `${sha256.slice(0, 16)}.tar.gz`);
  const full = path.join(projectDirectory, kit);
  if (!fs.existsSync(full)) writeWhole(full, gzipSync(tar));
  return { path: kit, sha256 };
}

function filesBelow(root: string, folder: string, nameInKit = folder): KitFile[] {
  return fs.readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? filesBelow(root, path.join(folder, entry.name), `${nameInKit}/${entry.name}`)
      : [
          {
            name: `${nameInKit}/${entry.name}`,
            content: fs.readFileSync(path.join(root, folder, entry.name)),
          },
        ],
  );
}

/** Beside the tools, where Node.js looks for a module they `require`. */
function koffiFiles(projectDirectory: string): KitFile[] {
  const modules = path.join(projectDirectory, "node_modules");
  const natives = path.join(modules, "@koromix");
  if (!fs.existsSync(path.join(modules, "koffi")) || !fs.existsSync(natives)) return [];
  const folders = fs.readdirSync(natives).filter((name) => name.startsWith("koffi-linux-"));
  return ["koffi", ...folders.map((name) => `@koromix/${name}`)]
    .flatMap((folder) => filesBelow(modules, folder, `node_modules/${folder}`))
    .filter(({ name }) => koffiFile.test(name) && !name.includes("/musl_"));
}

/** Scripts may be run; the rest may be read. Nothing of this machine shows: no owner, no times. */
function tarMember({ name, content }: KitFile): Buffer[] {
  const header = tarHeader(name, content.length, 0, name.endsWith(".sh") ? 0o755 : 0o644);
  return [header, content, Buffer.alloc(padding(content.length))];
}

/** A copy to a worker may be reading the folder: the file appears as a whole. */
function writeWhole(file: string, content: Uint8Array): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, content);
  fs.renameSync(temporary, file);
}
