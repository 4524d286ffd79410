import assert from "node:assert/strict";
import {
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { writeDisk } from "../../formats/ext4/disk";
import type { WrittenDisk } from "../../formats/ext4/disk";
import {
  complaints,
  describeTree,
  EPOCH,
  GIB,
  MIB,
  run,
  START,
  UUID,
  withDir,
  withMount,
} from "./ext4Fixture";
import { makeRichTree } from "./ext4RichTree";

const disk = (tree: string, out: string, sizeBytes: number): Promise<WrittenDisk> =>
  writeDisk({ tree, out, sizeBytes, fsUuid: UUID, epoch: EPOCH, label: "root" });

async function withDisk(
  sizeBytes: number,
  fill: (tree: string) => void,
  use: (image: string, tree: string, written: WrittenDisk) => void | Promise<void>,
): Promise<void> {
  await withDir(async (dir) => {
    const [tree, image] = [join(dir, "tree"), join(dir, "disk.raw")];
    mkdirSync(tree);
    fill(tree);
    await use(image, tree, await disk(tree, image, sizeBytes));
  });
}

/** Runs `use` with a loop device over the file system of an image. */
function withLoop(image: string, use: (device: string) => void): void {
  const device = run("losetup", "--find", "--show", "--offset", String(START), image).trim();
  try {
    use(device);
  } finally {
    run("losetup", "--detach", device);
  }
}

describe("ext4 file system", () => {
  it("shows the kernel the same tree, in every detail", async () => {
    await withDisk(
      8 * GIB,
      (tree) => makeRichTree(tree, EPOCH),
      async (image, tree, written) => {
        assert.deepEqual(complaints(image), []);
        await withMount(image, "ro", (mounted) => {
          const [expected, found] = [describeTree(tree), describeTree(mounted)];
          assert.deepEqual([...found.keys()], [...expected.keys()]);
          for (const [path, line] of expected) assert.equal(found.get(path), line, path);
          for (const name of ["sparse", "all-hole", "many-holes"]) {
            const taken = (root: string): number => statSync(join(root, name)).blocks;
            assert.ok(taken(mounted) <= taken(tree) + 16, `${name} lost its holes`);
          }
          assert.equal(statSync(join(mounted, "zeros")).blocks * 512, 3 * MIB);
        });
        assert.ok(written.allocatedBytes < written.contentBytes + 8 * MIB);
      },
    );
  });

  it("takes the features and flags that let a guest start without background work", async () => {
    await withDisk(
      40 * GIB,
      () => undefined,
      (image) => {
        const told = run("dumpe2fs", `${image}?offset=${START}`);
        const line = (name: string): string =>
          new RegExp(`^${name}: +(.*)$`, "m").exec(told)?.[1] ?? "";
        assert.equal(line("Filesystem UUID"), UUID);
        assert.equal(line("Filesystem volume name"), "root");
        assert.equal(line("Filesystem state"), "clean");
        assert.equal(line("Total journal size"), "64M");
        assert.deepEqual(line("Filesystem features").split(" ").sort(), [
          ...["64bit", "dir_index", "dir_nlink", "ext_attr", "extent", "extra_isize", "filetype"],
          ...["flex_bg", "has_journal", "huge_file", "large_file", "metadata_csum"],
          ...["resize_inode", "sparse_super"],
        ]);
        const groups = told.match(/^Group \d+:.*$/gm) ?? [];
        assert.equal(groups.length, 320);
        assert.ok(groups.every((group) => group.includes("ITABLE_ZEROED")));
      },
    );
  });

  it("stays whole while the kernel writes and deletes", async () => {
    await withDisk(
      GIB,
      (tree) => {
        mkdirSync(join(tree, "many"));
        for (let i = 0; i < 2000; i++) writeFileSync(join(tree, "many", `given-${i}`), "x");
      },
      async (image) => {
        await withMount(image, "rw", (mounted) => {
          for (let i = 0; i < 3000; i++)
            writeFileSync(join(mounted, "many", `new-${i}`), "y".repeat(i));
          for (let i = 0; i < 2000; i += 2) rmSync(join(mounted, "many", `given-${i}`));
          cpSync(join(mounted, "many"), join(mounted, "copy"), { recursive: true });
          rmSync(join(mounted, "many"), { recursive: true });
          writeFileSync(join(mounted, "large"), Buffer.alloc(150 * MIB, "z"));
          assert.equal(readdirSync(join(mounted, "copy")).length, 4000);
        });
        assert.deepEqual(complaints(image), []);
      },
    );
  });

  it("grows twice, as far as its reserved descriptor blocks are made for", async () => {
    await withDisk(
      GIB,
      (tree) => writeFileSync(join(tree, "file"), "still here"),
      async (image) => {
        for (const size of [20, 300]) {
          truncateSync(image, size * GIB);
          withLoop(image, (device) => run("resize2fs", "-f", device));
          assert.deepEqual(complaints(image), []);
          const told = run("dumpe2fs", "-h", `${image}?offset=${START}`);
          const blocks = Number(/^Block count: +(\d+)$/m.exec(told)?.[1]);
          assert.equal(blocks, size * 262144 - 256);
        }
        await withMount(image, "ro", (mounted) => {
          assert.equal(statSync(join(mounted, "file")).size, 10);
        });
      },
    );
  });

  it("finds names in a directory of 40,000 files through its index", async () => {
    await withDisk(
      GIB,
      (tree) => {
        // Links to one file: as many names, made in less time.
        writeFileSync(join(tree, "first"), "");
        for (let i = 0; i < 40_000; i++)
          linkSync(join(tree, "first"), join(tree, `package-${i}.list`));
      },
      async (image) => {
        assert.deepEqual(complaints(image), []);
        await withMount(image, "ro", (mounted) => {
          for (let i = 0; i < 40_000; i++) lstatSync(join(mounted, `package-${i}.list`));
          assert.equal(readdirSync(mounted).length, 40_002);
        });
      },
    );
  });
});
