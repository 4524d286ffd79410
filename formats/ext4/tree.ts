import type { Run } from "./geometry";

/** An extended attribute as the source gives it. */
export interface Xattr {
  /** Full name, for example `security.capability`; bytes, since names need not be UTF-8. */
  readonly name: Buffer;
  readonly value: Buffer;
}

/** A file of any type; hard links are several entries with the same node. */
export interface TreeNode {
  /** Type and permission bits as in `stat`. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  readonly xattrs: readonly Xattr[];
  /** Regular files: length in bytes. */
  readonly size: number;
  /** Regular files: the blocks that hold data, sorted; between them are holes. */
  readonly data: readonly Run[];
  /** Regular files: where to read the content. */
  readonly path: Buffer;
  /** Symbolic links: the target. */
  readonly target: Buffer;
  /** Devices: major and minor number. */
  readonly device: { readonly major: number; readonly minor: number };
  /** Directories: what is in them, sorted by the bytes of the names. */
  readonly entries: readonly TreeEntry[];
}

/** A name in a directory. */
export interface TreeEntry {
  readonly name: Buffer;
  readonly node: TreeNode;
}

/** A node with every field that the type does not need left empty. */
export function makeNode(fields: Partial<TreeNode> & Pick<TreeNode, "mode">): TreeNode {
  return {
    uid: 0,
    gid: 0,
    mtimeNs: 0n,
    xattrs: [],
    size: 0,
    data: [],
    path: Buffer.alloc(0),
    target: Buffer.alloc(0),
    device: { major: 0, minor: 0 },
    entries: [],
    ...fields,
  };
}
