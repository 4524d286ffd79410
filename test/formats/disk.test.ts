import assert from "node:assert/strict";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { diskCommand } from "../../formats/cli/disk";
import { writeDisk } from "../../formats/ext4/disk";
import type { DiskSettings } from "../../formats/ext4/disk";
import { decodeMbr } from "../../formats/mbr";
import { complaints, EPOCH, GIB, MIB, run, START, UUID, withDir } from "./ext4Fixture";
import { makeRichTree } from "./ext4RichTree";

function settings(dir: string, changes: Partial<DiskSettings> = {}): DiskSettings {
  const tree = join(dir, "tree");
  if (!existsSync(tree)) mkdirSync(tree);
  const given = { tree, out: join(dir, "disk.raw"), sizeBytes: GIB, fsUuid: UUID, epoch: EPOCH };
  return { ...given, ...changes };
}

describe("disk image", () => {
  it("starts with a bootable Linux partition from 1 MiB to the end and the boot loader", async () => {
    await withDir(async (dir) => {
      const [bootImg, coreImg] = [join(dir, "boot.img"), join(dir, "core.img")];
      writeFileSync(bootImg, Buffer.alloc(512, 0x11));
      writeFileSync(coreImg, Buffer.alloc(100_000, 0x22));
      const given = settings(dir, { bootImg, coreImg });
      await writeDisk(given);
      const start = Buffer.alloc(START);
      const fd = openSync(given.out, "r");
      readSync(fd, start, 0, START, 0);
      closeSync(fd);
      assert.ok(start.subarray(0, 440).every((byte) => byte === 0x11));
      assert.ok(start.subarray(512, 100_512).every((byte) => byte === 0x22));
      const partition = { type: 0x83, bootable: true, firstSector: 2048, sectorCount: 2095104 };
      assert.deepEqual(decodeMbr(start)?.partitions, [partition]);
      assert.equal(statSync(given.out).size, GIB);
    });
  });

  it("has an EFI system partition before the root when it is given one, and stays sparse", async () => {
    await withDir(async (dir) => {
      const espImg = join(dir, "esp.img");
      const esp = Buffer.alloc(64 * MIB);
      esp.fill(0x33, 40 * MIB, 40 * MIB + 10_000);
      writeFileSync(espImg, esp);
      const given = settings(dir, { espImg });
      writeFileSync(join(given.tree, "hello"), "hello");
      const written = await writeDisk(given);
      assert.equal(written.rootOffset, 65 * MIB);
      assert.ok(written.allocatedBytes < 8 * MIB);
      const fd = openSync(given.out, "r");
      const start = Buffer.alloc(65 * MIB);
      readSync(fd, start, 0, start.length, 0);
      closeSync(fd);
      assert.deepEqual(decodeMbr(start)?.partitions, [
        { type: 0x83, bootable: true, firstSector: 133120, sectorCount: 1964032 },
        { type: 0xef, bootable: false, firstSector: 2048, sectorCount: 131072 },
      ]);
      assert.ok(start.subarray(MIB).equals(esp));
      run("e2fsck", "-fn", `${given.out}?offset=${written.rootOffset}`);
      const without = await writeDisk({ ...given, espImg: undefined });
      assert.notEqual(without.sha256, written.sha256);
    });
  });

  it("refuses an EFI system partition of an odd size", async () => {
    await withDir(async (dir) => {
      const espImg = join(dir, "esp.img");
      writeFileSync(espImg, Buffer.alloc(1000));
      await assert.rejects(
        writeDisk(settings(dir, { espImg })),
        /esp\.img has 1000 bytes; allowed are whole MiB up to 1024/,
      );
    });
  });

  it("is the same byte for byte from a copy of the tree made elsewhere at another time", async () => {
    await withDir(async (dir) => {
      const trees = ["first", "in/another/folder"].map((name) => join(dir, name));
      const images = trees.map((_, i) => join(dir, `disk-${i}`));
      for (const tree of trees) {
        mkdirSync(tree, { recursive: true });
        if (tree === trees[0]) makeRichTree(tree, EPOCH);
        else run("cp", "-a", `${trees[0] ?? ""}/.`, tree);
      }
      utimesSync(trees[0] ?? "", EPOCH + 50, EPOCH + 50);
      utimesSync(trees[1] ?? "", EPOCH + 99, EPOCH + 99);
      const written = [];
      for (const [i, tree] of trees.entries()) {
        written.push(
          await writeDisk(settings(dir, { tree, out: images[i] ?? "", sizeBytes: 256 * MIB })),
        );
      }
      run("cmp", ...images);
      assert.equal(written[0]?.sha256, written[1]?.sha256);
    });
  });

  it("changes with its UUID and its epoch", async () => {
    await withDir(async (dir) => {
      const first = await writeDisk(settings(dir));
      const other = await writeDisk(settings(dir, { fsUuid: UUID.replace("6f", "7f") }));
      const later = await writeDisk(settings(dir, { epoch: EPOCH - 1 }));
      assert.equal(new Set([first, other, later].map(({ sha256 }) => sha256)).size, 3);
    });
  });

  it("takes little more room for a larger disk", async () => {
    await withDir(async (dir) => {
      const small = await writeDisk(settings(dir, { sizeBytes: 8 * GIB }));
      const large = await writeDisk(settings(dir, { sizeBytes: 2048 * GIB }));
      assert.ok(small.allocatedBytes < 2 * MIB);
      assert.ok(large.allocatedBytes < 40 * MIB);
      assert.deepEqual(complaints(settings(dir).out), []);
    });
  });

  it("says how large a disk must be when it is too small, and then fits into that", async () => {
    await withDir(async (dir) => {
      const given = settings(dir, { sizeBytes: 32 * MIB });
      writeFileSync(join(given.tree, "file"), Buffer.alloc(40 * MIB, 1));
      let needed = 0;
      await assert.rejects(writeDisk(given), (error: Error) => {
        assert.match(error.message, /^a disk of 32 MiB is too small: .* 3 files use 41 MiB/);
        needed = Number(/is (\d+) bytes$/.exec(error.message)?.[1]);
        return true;
      });
      assert.ok(!existsSync(given.out));
      await writeDisk({ ...given, sizeBytes: needed });
      assert.deepEqual(complaints(given.out), []);
    });
  });

  it("names every wrong setting at once and writes nothing", async () => {
    await withDir(async (dir) => {
      const wrong = { sizeBytes: 1000, fsUuid: "x", epoch: -1, label: "l".repeat(17) };
      const given = settings(dir, { ...wrong, bootImg: join(dir, "missing") });
      await assert.rejects(
        writeDisk(given),
        /5 problems:[^]*sizeBytes[^]*fsUuid[^]*label[^]*epoch[^]*missing cannot be read/,
      );
      assert.deepEqual(readdirSync(dir), ["tree"]);
    });
  });

  it("removes what it has written when a file cannot be copied", async () => {
    await withDir(async (dir) => {
      const given = settings(dir);
      for (let i = 0; i < 2000; i++)
        writeFileSync(join(given.tree, `f${i}`), Buffer.alloc(9000, 1));
      const writing = writeDisk(given);
      // The tree has been read when the call returns its promise for the first time it waits.
      writeFileSync(join(given.tree, "f1999"), "");
      await assert.rejects(writing, /f1999 became shorter than/);
      assert.ok(!existsSync(given.out));
    });
  });

  it("is made by the command, which tells its facts", async () => {
    await withDir(async (dir) => {
      const { tree, out } = settings(dir);
      writeFileSync(join(tree, "hello"), "hello");
      const flags = ["--tree", tree, "--out", out, "--size", String(GIB)];
      const facts = await diskCommand([...flags, "--fs-uuid", UUID, "--epoch", String(EPOCH)]);
      assert.deepEqual(
        [facts["path"], facts["fsUuid"], facts["inodes"], facts["contentBytes"]],
        [out, UUID, 3, 6 * 4096],
      );
      assert.deepEqual(complaints(out), []);
      await assert.rejects(diskCommand(flags), /missing: --fs-uuid, --epoch/);
    });
  });
});
