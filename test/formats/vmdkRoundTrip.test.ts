import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { memorySource } from "../../formats/blockSource";
import { memoryByteRange, openByteRange, openVmdk, verifyVmdk } from "../../formats/vmdk";
import { anyDisk, contentOf, sampleBytes, sourceOf, vmdkOf } from "./diskFixtures";

const TIB = 2 ** 40;

describe("streamOptimized VMDK", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "vmdk-"))));
  after(() => rmSync(folder, { recursive: true }));

  it("gives back any disk", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyDisk,
        fc.constantFrom("fast" as const, "default" as const),
        async (disk, compression) => {
          const content = contentOf(sourceOf(disk));
          const { file, result } = await vmdkOf(sourceOf(disk), { compression });
          const facts = verifyVmdk(memoryByteRange(file));
          assert.equal(facts.capacity, disk.capacity);
          assert.equal(facts.bytes, result.bytes);
          const read = openVmdk(memoryByteRange(file));
          assert.ok(contentOf(read).equals(content));
          const rest = Buffer.from(content);
          for (const { offset, length } of read.dataExtents()) {
            rest.fill(0, offset, offset + length);
          }
          assert.ok(rest.equals(Buffer.alloc(rest.length)), "data outside the extents");
        },
      ),
      { numRuns: 25 },
    );
  });

  it("is sound and identical to the raw disk in the eyes of qemu-img", async () => {
    const raw = join(folder, "disk.raw");
    const vmdk = join(folder, "disk.vmdk");
    await fc.assert(
      fc.asyncProperty(anyDisk, async (disk) => {
        writeFileSync(raw, contentOf(sourceOf(disk)));
        writeFileSync(vmdk, (await vmdkOf(sourceOf(disk))).file);
        execFileSync("qemu-img", ["check", "-q", "-f", "vmdk", vmdk]);
        execFileSync("qemu-img", ["compare", "-q", "-f", "raw", "-F", "vmdk", raw, vmdk]);
      }),
      { numRuns: 8 },
    );
  });

  it("reads and verifies what qemu-img writes", async () => {
    const raw = join(folder, "theirs.raw");
    const vmdk = join(folder, "theirs.vmdk");
    const content = contentOf(memorySource(3e6 - (3e6 % 512), [piece(512, 1e6 - (1e6 % 512))]));
    writeFileSync(raw, content);
    const format = ["-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized"];
    execFileSync("qemu-img", ["convert", ...format, raw, vmdk]);
    assert.equal(verifyVmdk(vmdk).capacity, content.length);
    const disk = openVmdk(vmdk);
    assert.ok(contentOf(disk).equals(content));
    const again = await vmdkOf(disk);
    disk.close();
    assert.ok(contentOf(openVmdk(memoryByteRange(again.file))).equals(content));
  });

  it("stores no grain of a disk of zeros, known or not", async () => {
    for (const pieces of [[], [{ offset: 0, bytes: Buffer.alloc(300_000 * 512) }]]) {
      const { file, result } = await vmdkOf(memorySource(400_000 * 512, pieces));
      assert.equal(result.populatedBytes, 0);
      assert.equal(verifyVmdk(memoryByteRange(file)).grains, 0);
      assert.ok(file.length < 70_000);
    }
  });

  it("reads no hole of the source", async () => {
    const inner = memorySource(2 ** 30, [piece(2 ** 29, 4096)]);
    const source = {
      capacity: inner.capacity,
      dataExtents: () => inner.dataExtents(),
      readSync(buffer: Buffer, position: number): void {
        assert.equal(position, 2 ** 29);
        assert.equal(buffer.length, 65536);
        inner.readSync(buffer, position);
      },
      close: () => undefined,
    };
    assert.equal((await vmdkOf(source)).result.populatedBytes, 65536);
  });

  it("writes disks of 2 TiB with data at their very end in little memory", async () => {
    const capacity = 2 * TIB;
    const pieces = [piece(0, 512), piece(TIB + 512, 1024), piece(capacity - 512, 512)];
    const { file } = await vmdkOf(memorySource(capacity, pieces));
    assert.equal(verifyVmdk(memoryByteRange(file)).grains, 3);
    const disk = openVmdk(memoryByteRange(file));
    assert.equal(disk.capacity, capacity);
    for (const { offset, bytes } of pieces) {
      const read = Buffer.alloc(bytes.length);
      disk.readSync(read, offset);
      assert.ok(read.equals(bytes));
    }
  });

  it("rejects disks that the format cannot hold", async () => {
    const holding = /from 512 to 2199023255552 \(2 TiB\)/;
    await assert.rejects(vmdkOf(memorySource(2 * TIB + 512, [])), holding);
    await assert.rejects(vmdkOf(memorySource(1000, [])), holding);
    await assert.rejects(vmdkOf(memorySource(0, [])), holding);
  });

  it("rejects sources whose extents overlap or leave the disk", async () => {
    const extent = (offset: number, length: number): { offset: number; length: number } => ({
      offset,
      length,
    });
    for (const extents of [
      [extent(0, 1024), extent(512, 512)],
      [extent(1536, 1024)],
      [extent(1024, 512), extent(0, 512)],
    ]) {
      const source = { ...memorySource(2048, []), dataExtents: () => extents };
      await assert.rejects(vmdkOf(source), /data extent at byte \d+ .*overlaps/);
    }
  });

  it("is read from inside a larger file", async () => {
    const disk = { capacity: 2 ** 20, pieces: [piece(4096, 8192)] };
    const { file } = await vmdkOf(sourceOf(disk));
    const path = join(folder, "archive.tar");
    writeFileSync(path, Buffer.concat([Buffer.alloc(1536, 7), file, Buffer.alloc(1024, 7)]));
    const inside = openVmdk(openByteRange(path, 1536, file.length));
    assert.ok(contentOf(inside).equals(contentOf(sourceOf(disk))));
    inside.close();
    assert.throws(() => openByteRange(path, 1536, file.length + 1025), /archive\.tar, it has/);
  });

  it("derives UUID and content id from the seed alone", async () => {
    const one = await vmdkOf(memorySource(2 ** 20, []), { seed: "debian 1.0" });
    const same = await vmdkOf(memorySource(2 ** 21, []), { seed: "debian 1.0" });
    const other = await vmdkOf(memorySource(2 ** 20, []), { seed: "debian 1.1" });
    assert.match(
      one.result.uuid,
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-\w{12}$/,
    );
    assert.equal(one.result.uuid, same.result.uuid);
    assert.equal(one.result.cid, same.result.cid);
    assert.notEqual(one.result.uuid, other.result.uuid);
    assert.notEqual(one.result.cid, other.result.cid);
    const { descriptor } = openVmdk(memoryByteRange(one.file));
    assert.equal(descriptor.get("ddb.uuid.image"), one.result.uuid);
    assert.equal(descriptor.get("CID"), one.result.cid);
  });

  it("states the adapter type and a geometry that fits it", async () => {
    for (const [adapterType, cylinders, heads] of [
      ["lsilogic", "1044", "255"],
      ["ide", "16383", "16"],
    ] as const) {
      const { file } = await vmdkOf(memorySource(8 * 2 ** 30, []), { adapterType });
      const { descriptor } = openVmdk(memoryByteRange(file));
      assert.equal(descriptor.get("ddb.adapterType"), adapterType);
      assert.equal(descriptor.get("ddb.geometry.cylinders"), cylinders);
      assert.equal(descriptor.get("ddb.geometry.heads"), heads);
      assert.equal(descriptor.get("ddb.geometry.sectors"), "63");
    }
  });
});

function piece(offset: number, length: number): { offset: number; bytes: Buffer } {
  return { offset, bytes: sampleBytes(length, offset + 1) };
}
