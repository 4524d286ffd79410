import { spawnSync } from "node:child_process";
import { libc } from "../libc";
import type { Libc } from "../libc";
import type { Xattr } from "./tree";

/** Reads the extended attributes of files below one directory. */
export type XattrReader = (path: Buffer) => Xattr[];

const GETFATTR = ["-R", "-P", "-h", "-d", "-m", "-", "-e", "base64", "--absolute-names", "--"];
const GETFATTR_OUTPUT = 1 << 30;

function readWith(system: Libc, path: Buffer): Xattr[] {
  const list = system.listXattrs(path);
  const xattrs: Xattr[] = [];
  for (let at = 0; at < list.length;) {
    const end = list.indexOf(0, at);
    const name = list.subarray(at, end);
    xattrs.push({ name, value: system.getXattr(path, name) });
    at = end + 1;
  }
  return xattrs;
}

/** getfattr writes bytes that would confuse its format as a backslash and three octal digits. */
function unquoted(text: string): Buffer {
  const plain = text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(parseInt(octal, 8)),
  );
  return Buffer.from(plain, "latin1");
}

/** The output of `getfattr --dump -e base64`, by path (latin1, so that any bytes are a key). */
export function parseGetfattr(output: Buffer): Map<string, Xattr[]> {
  const files = new Map<string, Xattr[]>();
  let current: Xattr[] = [];
  for (const line of output.toString("latin1").split("\n")) {
    if (line.startsWith("# file: ")) {
      current = [];
      files.set(unquoted(line.slice("# file: ".length)).toString("latin1"), current);
      continue;
    }
    if (line === "") continue;
    const equals = line.indexOf("=0s");
    const name = unquoted(equals < 0 ? line.replace(/=.*$/, "") : line.slice(0, equals));
    const value = Buffer.from(equals < 0 ? "" : line.slice(equals + 3), "base64");
    current.push({ name, value });
  }
  return files;
}

/**
 * A reader for the tree at `root`: the C library's calls where koffi loads, else one run of `getfattr` over the
 * whole tree. Fails where there is neither, since files without their capabilities would not work.
 */
export function openXattrReader(root: string): XattrReader {
  const system = libc();
  if (system) return (path) => readWith(system, path);
  const run = spawnSync("getfattr", [...GETFATTR, root], { maxBuffer: GETFATTR_OUTPUT });
  if (run.error || run.status !== 0) {
    const reason = run.error ? run.error.message : run.stderr.toString().trim();
    throw new Error(
      `extended attributes of ${root} cannot be read (${reason}): install the package attr, or the npm package koffi`,
    );
  }
  const files = parseGetfattr(run.stdout);
  return (path) => files.get(path.toString("latin1")) ?? [];
}
