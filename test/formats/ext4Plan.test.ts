import assert from "node:assert/strict";
import { closeSync, ftruncateSync, openSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { FILE_TYPE, GROUP_FLAG } from "../../formats/ext4/constants";
import { blocksInGroup, geometryFor } from "../../formats/ext4/geometry";
import { encodeGroups } from "../../formats/ext4/groups";
import { takeInventory } from "../../formats/ext4/inventory";
import type { InodeItem } from "../../formats/ext4/inventory";
import { encodeMetadata } from "../../formats/ext4/metadata";
import { nextInode, planFileSystem, requiredBytes } from "../../formats/ext4/plan";
import type { Plan } from "../../formats/ext4/plan";
import { makeNode } from "../../formats/ext4/tree";
import type { TreeEntry, TreeNode } from "../../formats/ext4/tree";
import { writeAt } from "../../formats/ext4/write";
import { complaints, withDir } from "./ext4Fixture";

const SEED = Buffer.alloc(16, 9);
const IDENTITY = { uuid: Buffer.alloc(16, 5), hashSeed: SEED, label: Buffer.from("x"), epoch: 1e9 };

const regular = (gaps: readonly [number, number][]): TreeNode => {
  let at = 0;
  const data = gaps.map(([gap, count]) => {
    const start = at + gap;
    at = start + count;
    return { start, count };
  });
  return makeNode({ mode: FILE_TYPE.regular | 0o644, size: at * 4096, data });
};
const aFile = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9000 })), {
    maxLength: 8,
  })
  .map(regular);
const aLink = fc
  .integer({ min: 1, max: 300 })
  .map((length) => makeNode({ mode: FILE_TYPE.symlink | 0o777, target: Buffer.alloc(length, 97) }));
const aXattr = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 900 }))
  .map(([name, value]) => ({
    name: Buffer.from(`user.${"n".repeat(name)}`),
    value: Buffer.alloc(value, 7),
  }));
const aPipe = aXattr.map((xattr) => makeNode({ mode: FILE_TYPE.fifo | 0o600, xattrs: [xattr] }));

function directory(nodes: readonly TreeNode[], nameLength: number): TreeNode {
  const entries = nodes.map((node, i): TreeEntry => {
    const name = Buffer.from(`${i}-${"n".repeat(nameLength)}`);
    return { name, node };
  });
  return makeNode({ mode: FILE_TYPE.directory | 0o755, entries });
}
const aNode = fc.oneof(aFile, aLink, aPipe);
const aDirectory = fc
  .tuple(fc.array(aNode, { maxLength: 120 }), fc.integer({ min: 1, max: 240 }))
  .map(([nodes, length]) => directory(nodes, length));
const aTree = fc
  .tuple(fc.array(aDirectory, { maxLength: 4 }), fc.array(aNode, { maxLength: 20 }))
  .map(([directories, files]) => directory([...directories, ...files], 5));

/** All blocks in use, from the placements and the fixed structures, sorted; fails on an overlap. */
function usedBlocks({ geometry, placements, journal, resizeBlock }: Plan): [number, number][] {
  const runs: [number, number][] = [[resizeBlock, 1]];
  for (const { extents, treeBlocks, xattrBlock } of [journal, ...placements]) {
    for (const { physical, count } of extents) runs.push([physical, count]);
    for (const block of treeBlocks) runs.push([block, 1]);
    if (xattrBlock > 0) runs.push([xattrBlock, 1]);
  }
  for (const { start, count } of geometry.fixed) runs.push([start, count]);
  runs.sort(([a], [b]) => a - b);
  let end = 0;
  for (const [start, count] of runs) {
    assert.ok(start >= end, `block ${start} is given out twice`);
    end = start + count;
  }
  assert.ok(end <= geometry.blockCount, "a block lies outside the file system");
  return runs;
}

function assertBitmapsAgree(plan: Plan, items: readonly InodeItem[]): void {
  const { geometry, nextBlock } = plan;
  const used = new Uint8Array(geometry.blockCount);
  for (const [start, count] of usedBlocks(plan)) used.fill(1, start, start + count);
  const usage = { nextBlock, nextInode: nextInode(items), directories: [] };
  encodeGroups(geometry, usage, 0).forEach(({ blockBitmap, freeBlocks, descriptor }, group) => {
    const blocks = blocksInGroup(geometry.blockCount, group);
    const inGroup = used.subarray(group * 32768, group * 32768 + blocks);
    const usedCount = inGroup.reduce((sum, bit) => sum + bit, 0);
    assert.equal(freeBlocks, blocks - usedCount, `free blocks of group ${group}`);
    assert.equal((descriptor.readUInt16LE(0x12) & GROUP_FLAG.bitmapUnwritten) === 0, !!blockBitmap);
    if (!blockBitmap) return;
    inGroup.forEach((bit, i) => {
      const inBitmap = ((blockBitmap[i >> 3] ?? 0) >> (i & 7)) & 1;
      if (inBitmap !== bit) assert.fail(`block ${i} of group ${group} is ${bit}, not ${inBitmap}`);
    });
  });
}

describe("ext4 plan", () => {
  it("gives out every block once, inside the file system, and the bitmaps agree", () => {
    const size = fc.integer({ min: 100, max: 600_000 });
    fc.assert(
      fc.property(aTree, size, (tree, spare) => {
        const items = takeInventory(tree, SEED);
        const blocks = requiredBytes(items) / 4096 + spare;
        const plan = planFileSystem(items, blocks);
        assert.ok(plan);
        assertBitmapsAgree(plan, items);
      }),
      { numRuns: 12 },
    );
  });

  it("satisfies e2fsck for any tree in the smallest size and in any other", async () => {
    await withDir((dir) => {
      const image = join(dir, "image");
      fc.assert(
        fc.property(aTree, fc.integer({ min: 0, max: 4_000_000 }), (tree, spare) => {
          const items = takeInventory(tree, SEED);
          const size = requiredBytes(items) + spare * 4096;
          const plan = planFileSystem(items, size / 4096);
          assert.ok(plan);
          const fd = openSync(image, "w+");
          ftruncateSync(fd, size);
          const metadata = encodeMetadata(plan, items, IDENTITY);
          for (const { offset, bytes } of metadata) writeAt(fd, bytes, offset);
          closeSync(fd);
          assert.deepEqual(complaints(image, 0), []);
        }),
        { numRuns: 12, examples: [[directory([], 1), 0]] },
      );
    });
  });

  it("has no smaller size than the one it asks for", () => {
    const items = takeInventory(directory([regular([[0, 30000]])], 3), SEED);
    const needed = requiredBytes(items);
    assert.ok(planFileSystem(items, needed / 4096));
    assert.equal(planFileSystem(items, (needed - (1 << 20)) / 4096), null);
    assert.ok(needed < 30000 * 4096 + (16 << 20));
  });

  it("makes more inodes than usual when the tree has many files", () => {
    assert.equal(geometryFor(262144, 1000)?.inodesPerGroup, 8192);
    const many = geometryFor(262144, 100_000);
    assert.ok(many && many.inodesPerGroup * many.groupCount >= 125_000);
    assert.equal(geometryFor(32768, 100_000), null);
  });

  it("names everything in a tree that ext4 cannot hold, all at once", () => {
    const file = makeNode({ mode: FILE_TYPE.regular, path: Buffer.from("/t/f") });
    const fat = { name: Buffer.from("user.x"), value: Buffer.alloc(9000) };
    const entries = [
      { name: Buffer.from("lost+found"), node: file },
      { name: Buffer.alloc(256, 97), node: file },
      { name: Buffer.from("x"), node: makeNode({ ...file, xattrs: [fat] }) },
    ];
    const root = makeNode({ mode: FILE_TYPE.directory, entries, path: Buffer.from("/t") });
    assert.throws(
      () => takeInventory(root, SEED),
      /3 problems:[^]*lost\+found is not a directory[^]*256 bytes[^]*attributes of \/t\/f do not fit/,
    );
  });
});
