import { throwIfAny } from "../problems";
import {
  BLOCK_SIZE,
  FILE_TYPE,
  FILE_TYPE_MASK,
  INODE,
  MAX_LINKS,
  RESERVED_INODES,
} from "./constants";
import { DIR_ROOM, direntSize, direntType, dotEntries } from "./directory";
import type { DirEntry } from "./directory";
import { indexedBlocks, packLeaves } from "./dirIndex";
import type { DirLeaf } from "./dirIndex";
import type { Run } from "./geometry";
import { FAST_LINK } from "./inode";
import { makeNode } from "./tree";
import type { TreeEntry, TreeNode } from "./tree";
import { placeXattrs } from "./xattrs";
import type { XattrPlacement } from "./xattrs";

/** What a directory's blocks will hold: leaves of an index, or entries in one block. */
export interface DirectoryContent {
  readonly parent: number;
  readonly entries: readonly DirEntry[];
  readonly leaves: readonly DirLeaf[] | null;
}

/** A file with its inode number and the blocks it needs. */
export interface InodeItem {
  readonly inode: number;
  readonly node: TreeNode;
  readonly links: number;
  /** Bytes as `stat` will show them. */
  readonly size: number;
  readonly xattrs: XattrPlacement;
  /** Blocks to be given out, by their place in the file. */
  readonly data: readonly Run[];
  readonly directory: DirectoryContent | null;
}

/** Blocks of an empty `lost+found`, so that a repair need not allocate any. */
const LOST_AND_FOUND_BLOCKS = 4;
const MAX_LINK_TARGET = BLOCK_SIZE - 1;
const MAX_FILE_BLOCKS = 2 ** 32 - 1;

const typeOf = (node: TreeNode): number => node.mode & FILE_TYPE_MASK;
const isDirectory = (node: TreeNode): boolean => typeOf(node) === FILE_TYPE.directory;
const shownPath = (node: TreeNode): string => node.path.toString("utf8") || "/lost+found";

const LOST_AND_FOUND = Buffer.from("lost+found");

/** The root's entries, with `lost+found` first: inode 11 is its by tradition. */
function rootEntries(root: TreeNode, problems: string[]): TreeEntry[] {
  const isIt = ({ name }: TreeEntry): boolean => name.equals(LOST_AND_FOUND);
  const given = root.entries.find(isIt);
  if (given && !isDirectory(given.node)) {
    problems.push("/lost+found is not a directory; ext4 keeps this name for one: remove it");
  }
  const node =
    given?.node ?? makeNode({ mode: FILE_TYPE.directory | 0o700, mtimeNs: root.mtimeNs });
  return [{ name: LOST_AND_FOUND, node }, ...root.entries.filter((entry) => !isIt(entry))];
}

interface Numbered {
  readonly inode: number;
  readonly parent: number;
  readonly node: TreeNode;
  readonly entries: readonly TreeEntry[];
}

/** Numbers a directory's files together, then goes into its subdirectories. */
function numberTree(
  root: TreeNode,
  problems: string[],
): {
  files: Numbered[];
  inodes: Map<TreeNode, number>;
  links: Map<TreeNode, number>;
} {
  const files: Numbered[] = [
    { inode: INODE.root, parent: INODE.root, node: root, entries: rootEntries(root, problems) },
  ];
  const inodes = new Map<TreeNode, number>([[root, INODE.root]]);
  const links = new Map<TreeNode, number>();
  const pending = [files[0] as Numbered];
  for (let directory = pending.pop(); directory; directory = pending.pop()) {
    const inside: Numbered[] = [];
    for (const { node } of directory.entries) {
      links.set(node, (links.get(node) ?? 0) + 1);
      if (inodes.has(node)) continue;
      const inode = RESERVED_INODES + files.length;
      inodes.set(node, inode);
      const file = { inode, parent: directory.inode, node, entries: node.entries };
      files.push(file);
      if (isDirectory(node)) inside.push(file);
    }
    pending.push(...inside.reverse());
  }
  return { files, inodes, links };
}

function directoryContent(
  { inode, parent, entries: names, node }: Numbered,
  inodes: ReadonlyMap<TreeNode, number>,
  hashSeed: Buffer,
  problems: string[],
): { content: DirectoryContent; blocks: number } {
  for (const { name } of names) {
    if (name.length > 255) {
      problems.push(
        `a name in ${shownPath(node)} has ${name.length} bytes; at most 255 are allowed`,
      );
    }
  }
  const entries = names.map((entry) => ({
    name: entry.name,
    inode: inodes.get(entry.node) ?? 0,
    type: direntType(entry.node.mode),
  }));
  const all = [...dotEntries(inode, parent), ...entries];
  const bytes = all.reduce((sum, { name }) => sum + direntSize(name), 0);
  if (bytes <= DIR_ROOM) {
    const blocks = inode === INODE.lostAndFound ? LOST_AND_FOUND_BLOCKS : 1;
    return { content: { parent, entries: all, leaves: null }, blocks };
  }
  const leaves = packLeaves(entries, hashSeed);
  const blocks = indexedBlocks(leaves.length);
  if (blocks === null) {
    problems.push(`${shownPath(node)} has ${names.length} entries: more than ext4 can index`);
  }
  return { content: { parent, entries, leaves }, blocks: blocks ?? 1 };
}

function linkCount(
  { node, entries }: Numbered,
  links: ReadonlyMap<TreeNode, number>,
  problems: string[],
): number {
  if (isDirectory(node)) {
    const count = 2 + entries.filter((entry) => isDirectory(entry.node)).length;
    // One means "too many to count" (feature dir_nlink).
    return count > MAX_LINKS ? 1 : count;
  }
  const count = links.get(node) ?? 1;
  if (count > MAX_LINKS) {
    problems.push(`${shownPath(node)} has ${count} hard links; at most ${MAX_LINKS} are allowed`);
  }
  return count;
}

function fileBlocks(node: TreeNode, problems: string[]): readonly Run[] {
  if (typeOf(node) === FILE_TYPE.regular) {
    if (Math.ceil(node.size / BLOCK_SIZE) > MAX_FILE_BLOCKS) {
      problems.push(`${shownPath(node)} has ${node.size} bytes; ext4 files end at 16 TiB`);
    }
    return node.data;
  }
  if (typeOf(node) !== FILE_TYPE.symlink || node.target.length <= FAST_LINK) return [];
  if (node.target.length > MAX_LINK_TARGET) {
    problems.push(
      `the target of ${shownPath(node)} has ${node.target.length} bytes; at most ${MAX_LINK_TARGET} are allowed`,
    );
  }
  return [{ start: 0, count: 1 }];
}

function xattrsOf(node: TreeNode, problems: string[]): XattrPlacement {
  const placed = placeXattrs(node.xattrs);
  if (placed) return placed;
  problems.push(
    `the extended attributes of ${shownPath(node)} do not fit into the 4096 bytes that ext4 has for them`,
  );
  return { inInode: [], inBlock: [] };
}

/**
 * Lists all files of a tree with inode numbers, root first, and what each needs. Fails with an
 * `InputError` that names everything in the tree that ext4 cannot hold.
 */
export function takeInventory(root: TreeNode, hashSeed: Buffer): InodeItem[] {
  const problems: string[] = [];
  const { files, inodes, links } = numberTree(root, problems);
  const items = files.map((file): InodeItem => {
    const { inode, node } = file;
    const shared = {
      inode,
      node,
      links: linkCount(file, links, problems),
      xattrs: xattrsOf(node, problems),
    };
    if (isDirectory(node)) {
      const { content, blocks } = directoryContent(file, inodes, hashSeed, problems);
      const data = [{ start: 0, count: blocks }];
      return { ...shared, size: blocks * BLOCK_SIZE, data, directory: content };
    }
    const size = typeOf(node) === FILE_TYPE.symlink ? node.target.length : node.size;
    return { ...shared, size, data: fileBlocks(node, problems), directory: null };
  });
  throwIfAny("the tree cannot be written as ext4", problems);
  return items;
}
