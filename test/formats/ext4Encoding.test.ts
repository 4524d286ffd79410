import assert from "node:assert/strict";
import fc from "fast-check";
import { CRC_START, crc32c } from "../../formats/ext4/crc32c";
import { dirHash } from "../../formats/ext4/dirHash";
import { packLeaves } from "../../formats/ext4/dirIndex";
import { DIR_ROOM, direntSize } from "../../formats/ext4/directory";
import { encodeExtentTree, extentTreeBlocks, mapExtents } from "../../formats/ext4/extents";
import { deviceMap } from "../../formats/ext4/inode";
import { aclToDisk } from "../../formats/ext4/posixAcl";
import { parseGetfattr } from "../../formats/ext4/readXattrs";
import { placeXattrs } from "../../formats/ext4/xattrs";
import { run } from "./ext4Fixture";

const xattr = (name: string, value: string | Buffer): { name: Buffer; value: Buffer } => ({
  name: Buffer.from(name),
  value: Buffer.from(value),
});

describe("ext4 encoding", () => {
  it("computes CRC-32C as published, in one piece or many", () => {
    const text = Buffer.from("123456789");
    assert.equal((crc32c(CRC_START, text) ^ 0xffffffff) >>> 0, 0xe3069283);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 99 }), fc.nat(99), (bytes, cut) => {
        const parts = crc32c(crc32c(7, bytes.subarray(0, cut)), bytes.subarray(cut));
        assert.equal(parts, crc32c(7, bytes));
      }),
    );
  });

  it("hashes names as debugfs does", () => {
    const seed = Buffer.from("00112233445566778899aabbccddeeff", "hex");
    const uuid = "00112233-4455-6677-8899-aabbccddeeff";
    // 4 is half MD4 with unsigned characters; debugfs knows no name for it.
    const names = ["a", "passwd", "x".repeat(32), "y".repeat(33), "z".repeat(255), "Ünïcödé"];
    for (const name of names) {
      const request = `dx_hash -h 4 -s ${uuid} ${name}`;
      const told = /is 0x([0-9a-f]+)/.exec(run("debugfs", "-R", request));
      const hash = dirHash(Buffer.from(name), seed);
      assert.equal(hash.toString(16), Number.parseInt(told?.[1] ?? "", 16).toString(16), name);
    }
  });

  it("packs names into leaves that do not overflow and rise in hash", () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 60 }), { maxLength: 400 });
    fc.assert(
      fc.property(names, (texts) => {
        const entries = texts.map((text) => ({ name: Buffer.from(text), inode: 12, type: 1 }));
        const leaves = packLeaves(entries, Buffer.alloc(16, 3));
        assert.equal(leaves.flatMap((leaf) => leaf.entries).length, texts.length);
        leaves.forEach((leaf, i) => {
          const bytes = leaf.entries.reduce((sum, { name }) => sum + direntSize(name), 0);
          assert.ok(bytes <= DIR_ROOM);
          assert.ok(i === 0 || leaf.hash > (leaves[i - 1]?.hash ?? 0));
        });
      }),
      { numRuns: 30 },
    );
  });

  it("maps every block of a file once, whatever runs it is given", () => {
    const runs = fc.array(fc.integer({ min: 1, max: 40000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(runs, runs, (wanted, given) => {
        const data = wanted.map((count, i) => ({ start: i * 100000, count }));
        const total = wanted.reduce((sum, count) => sum + count, 0);
        const blocks = [...given.map((count, i) => ({ start: i * 100000, count }))];
        blocks.push({ start: 5_000_000, count: total });
        const extents = mapExtents(data, blocks);
        assert.equal(
          extents.reduce((sum, { count }) => sum + count, 0),
          total,
        );
        assert.ok(extents.every(({ count }) => count > 0 && count <= 32768));
      }),
    );
  });

  it("keeps four extents in the inode, and builds a tree for more", () => {
    const extents = Array.from({ length: 341 }, (_, i) => ({
      logical: 2 * i,
      physical: 1000 + 2 * i,
      count: 1,
    }));
    assert.equal(extentTreeBlocks(4), 0);
    assert.equal(extentTreeBlocks(5), 1);
    assert.equal(extentTreeBlocks(341), 2);
    const { root, below } = encodeExtentTree(extents, [7, 8], 0);
    assert.deepEqual([root.readUInt16LE(2), root.readUInt16LE(6)], [2, 1]);
    assert.deepEqual(
      below.map(({ block, bytes }) => [block, bytes.readUInt16LE(2), bytes.readUInt16LE(6)]),
      [
        [7, 340, 0],
        [8, 1, 0],
      ],
    );
  });

  it("stores small device numbers in the old form and large ones in the new", () => {
    assert.equal(deviceMap(8, 1).readUInt32LE(0), 0x0801);
    assert.equal(deviceMap(8, 300).readUInt32LE(4), 0x10082c);
  });

  it("changes POSIX ACLs to the layout on disk", () => {
    const given = Buffer.from("0200000001000600ffffffff02000600e8030000", "hex");
    assert.equal(aclToDisk(given)?.toString("hex"), "010000000100060002000600e8030000");
    assert.equal(aclToDisk(Buffer.from("0300000000", "hex")), null);
  });

  it("puts attributes into the inode while they fit, then into a block, and leaves overlayfs's out", () => {
    const placed = placeXattrs([
      xattr("user.large", Buffer.alloc(1000)),
      xattr("security.capability", Buffer.alloc(20)),
      xattr("trusted.overlay.opaque", "y"),
      xattr("btrfs.compression", "zstd"),
    ]);
    assert.deepEqual(
      placed?.inInode.map(({ name }) => name.toString()),
      ["capability"],
    );
    assert.deepEqual(
      placed.inBlock.map(({ name }) => name.toString()),
      ["large"],
    );
    assert.equal(placeXattrs([xattr("user.huge", Buffer.alloc(5000))]), null);
  });

  it("reads what getfattr prints, odd names and empty values included", () => {
    const output = Buffer.from(
      "# file: /t/a\\012b\nuser.x=0sYmFy\nuser.e=\n\n# file: /t/c\nuser.y=0s\n\n",
    );
    assert.deepEqual(
      [...parseGetfattr(output)],
      [
        ["/t/a\nb", [xattr("user.x", "bar"), xattr("user.e", "")]],
        ["/t/c", [xattr("user.y", "")]],
      ],
    );
  });
});
