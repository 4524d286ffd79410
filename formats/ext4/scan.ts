import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import { FILE_TYPE, FILE_TYPE_MASK } from "./constants";
import { openXattrReader } from "./readXattrs";
import type { XattrReader } from "./readXattrs";
import { BlockedWatch, touchTree } from "./slowSource";
import { dataRuns } from "./sparse";
import { makeNode } from "./tree";
import type { TreeEntry, TreeNode } from "./tree";

const SLASH = Buffer.from("/");
const EMPTY = Buffer.alloc(0);
/** Longest path that a system call takes (PATH_MAX without the NUL). */
const MAX_PATH = 4095;

/** The C library's `makedev` undone. */
function deviceOf(rdev: bigint): { major: number; minor: number } {
  return {
    major: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn)),
    minor: Number((rdev & 0xffn) | ((rdev >> 12n) & ~0xffn)),
  };
}

/** Reads with synchronous calls, three times as fast as others on a source that is in memory. */
class Scanner {
  /** Files with several names, by device and inode number. */
  private readonly linked = new Map<string, TreeNode>();
  private watch: BlockedWatch | null = new BlockedWatch();

  constructor(
    private readonly root: Buffer,
    private readonly xattrsOf: XattrReader,
  ) {}

  private node(path: Buffer, stat: BigIntStats, entries: readonly TreeEntry[]): TreeNode {
    const mode = Number(stat.mode);
    const type = mode & FILE_TYPE_MASK;
    const regular = type === FILE_TYPE.regular;
    const size = regular ? Number(stat.size) : 0;
    return makeNode({
      mode,
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      mtimeNs: stat.mtimeNs,
      xattrs: this.xattrsOf(path),
      size,
      data: regular ? dataRuns(path, size, Number(stat.blocks) * 512) : [],
      path,
      target: type === FILE_TYPE.symlink ? readlinkSync(path, { encoding: "buffer" }) : EMPTY,
      device: deviceOf(stat.rdev),
      entries,
    });
  }

  private file(path: Buffer, stat: BigIntStats): TreeNode {
    if (stat.nlink === 1n) return this.node(path, stat, []);
    const identity = `${stat.dev}:${stat.ino}`;
    const known = this.linked.get(identity);
    if (known) return known;
    const node = this.node(path, stat, []);
    this.linked.set(identity, node);
    return node;
  }

  async directory(path: Buffer, stat: BigIntStats): Promise<TreeNode> {
    if (this.watch?.isSlow()) {
      this.watch = null;
      await touchTree(this.root);
    }
    const names = readdirSync(path, { encoding: "buffer" }).sort((a, b) => Buffer.compare(a, b));
    const entries: TreeEntry[] = [];
    for (const name of names) {
      const inside = Buffer.concat([path, SLASH, name]);
      if (inside.length > MAX_PATH) {
        const start = inside.subarray(0, 60).toString();
        throw new Error(
          `the path ${start}... has ${inside.length} bytes; at most ${MAX_PATH} can be read`,
        );
      }
      const its = lstatSync(inside, { bigint: true });
      const node = its.isDirectory() ? await this.directory(inside, its) : this.file(inside, its);
      entries.push({ name, node });
    }
    return this.node(path, stat, entries);
  }
}

/**
 * Reads a directory tree, names in the order of their bytes: what does not depend on the file system
 * it is in. Mounts inside it are entered like directories. Fails with the system's error when `root`
 * cannot be read or is no directory.
 */
export async function scanTree(root: string): Promise<TreeNode> {
  const path = Buffer.from(root);
  const stat = lstatSync(path, { bigint: true });
  return new Scanner(path, openXattrReader(root)).directory(path, stat);
}
