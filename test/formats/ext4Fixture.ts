import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { libc } from "../../formats/libc";

/** Bytes of a disk before its file system. */
export const START = 1 << 20;
export const MIB = 1 << 20;
export const GIB = 1 << 30;
export const UUID = "6f0c8d35-2d0d-4d4c-9c0e-0f4a3d2b1a90";
export const EPOCH = 1_700_000_000;

/** Runs a tool; fails with its output unless it ends with status 0. Returns stdout. */
export function run(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${status}\n${stdout}${stderr}`);
  return stdout;
}

/** Whatever `e2fsck -fn` says beyond its usual lines; its status must be 0. */
export function complaints(image: string, offset = START): string[] {
  const output = run("e2fsck", "-fn", offset === 0 ? image : `${image}?offset=${offset}`);
  return output
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith("Pass ") && !/: \d+\/\d+ files/.test(line));
}

/** A private directory, removed after `use`. */
export async function withDir<T>(use: (dir: string) => T | Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), "ext4-test-"));
  try {
    return await use(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The file system of a disk image, mounted for the time of `use`. */
export async function withMount<T>(
  image: string,
  options: string,
  use: (mountPoint: string) => T | Promise<T>,
): Promise<T> {
  return withDir(async (dir) => {
    run("mount", "-t", "ext4", "-o", `loop,offset=${START},${options}`, image, dir);
    try {
      return await use(dir);
    } finally {
      run("umount", dir);
    }
  });
}

function xattrsOf(path: Buffer): [string, string][] {
  const system = libc();
  if (!system) throw new Error("koffi is needed to compare extended attributes");
  const names = system.listXattrs(path).toString("latin1").split("\0").filter(Boolean).sort();
  return names.map((name) => [
    name,
    system.getXattr(path, Buffer.from(name, "latin1")).toString("hex"),
  ]);
}

/** SHA-256 of a file's bytes that are not in a hole, with their places. */
function digest(path: Buffer): string {
  const fd = openSync(path, "r");
  const hash = createHash("sha256");
  const buffer = Buffer.alloc(4096);
  const zero = Buffer.alloc(4096);
  for (let at = 0; ; at += 4096) {
    // Skipping holes only saves time: zero blocks outside of holes are left out as well.
    const next = at % MIB === 0 ? (libc()?.seekData(fd, at) ?? at) : at;
    if (next < 0) break;
    at = Math.max(at, next - (next % 4096));
    const length = readSync(fd, buffer, 0, 4096, at);
    if (length === 0) break;
    const bytes = buffer.subarray(0, length);
    if (!bytes.equals(zero.subarray(0, length))) hash.update(`${at} `).update(bytes);
  }
  closeSync(fd);
  return hash.digest("hex");
}

/**
 * Everything that a tree's user can see, a line for each path: independent of the code that is tested.
 * Directories' sizes and link counts of `lost+found` are the file system's own business.
 */
export function describeTree(root: string): Map<string, string> {
  const lines = new Map<string, string>();
  const firstNames = new Map<bigint, string>();
  const visit = (path: Buffer, shown: string): void => {
    if (shown === "/lost+found") return;
    const stat = lstatSync(path, { bigint: true });
    const sameAs = stat.isDirectory() ? shown : (firstNames.get(stat.ino) ?? shown);
    firstNames.set(stat.ino, sameAs);
    const content = stat.isFile()
      ? digest(path)
      : stat.isSymbolicLink()
        ? readlinkSync(path, { encoding: "latin1" })
        : "";
    const line = {
      mode: stat.mode.toString(8),
      owner: `${stat.uid}:${stat.gid}`,
      mtime: stat.mtimeNs.toString(),
      size: stat.isDirectory() ? "" : stat.size.toString(),
      device: stat.isCharacterDevice() || stat.isBlockDevice() ? stat.rdev.toString() : "",
      links: stat.isDirectory() ? "" : stat.nlink.toString(),
      sameAs,
      xattrs: xattrsOf(path),
      content,
    };
    lines.set(shown, JSON.stringify(line));
    if (!stat.isDirectory()) return;
    for (const name of readdirSync(path, { encoding: "buffer" })) {
      const inside = Buffer.concat([path, Buffer.from("/"), name]);
      visit(inside, `${shown === "/" ? "" : shown}/${name.toString("latin1")}`);
    }
  };
  visit(Buffer.from(root), "/");
  return new Map([...lines].sort(([a], [b]) => (a < b ? -1 : 1)));
}
