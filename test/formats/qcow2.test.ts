import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { memorySource, openRawFile, type BlockSource } from "../../formats/blockSource";
import { memoryByteRange, openByteRange } from "../../formats/byteRange";
import type { DiskCompression } from "../../formats/grains/compressDisk";
import { openQcow2, verifyQcow2, writeQcow2, type Qcow2Result } from "../../formats/qcow2";
import { anyDisk, contentOf, sampleBytes, sourceOf } from "./diskFixtures";

const TIB = 2 ** 40;
const CLUSTER = 65536;

/** Writes a qcow2 to memory, in the calling thread unless told otherwise. */
async function qcow2Of(
  source: BlockSource,
  options: Partial<DiskCompression> = {},
): Promise<{ file: Buffer; result: Qcow2Result }> {
  const chunks: Buffer[] = [];
  let head = Buffer.alloc(0);
  const result = await writeQcow2(
    { source, threads: 0, ...options },
    {
      append: (chunk) => void chunks.push(Buffer.from(chunk)),
      rewrite: (position, chunk) => {
        assert.equal(position, 0);
        head = Buffer.from(chunk);
      },
    },
  );
  const file = Buffer.concat(chunks);
  head.copy(file);
  assert.equal(file.length, result.bytes);
  return { file, result };
}

function piece(offset: number, length: number): { offset: number; bytes: Buffer } {
  return { offset, bytes: sampleBytes(length, offset + 1) };
}

describe("qcow2", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "qcow2-"))));
  after(() => rmSync(folder, { recursive: true }));

  it("gives back any disk", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyDisk,
        fc.constantFrom("fast" as const, "default" as const, "best" as const),
        async (disk, compression) => {
          const content = contentOf(sourceOf(disk));
          const { file, result } = await qcow2Of(sourceOf(disk), { compression });
          const facts = verifyQcow2(memoryByteRange(file));
          assert.equal(facts.capacity, disk.capacity);
          assert.equal(facts.bytes, result.bytes);
          const read = openQcow2(memoryByteRange(file));
          assert.ok(contentOf(read).equals(content));
          const rest = Buffer.from(content);
          for (const { offset, length } of read.dataExtents()) {
            rest.fill(0, offset, offset + length);
          }
          assert.ok(rest.equals(Buffer.alloc(rest.length)), "data outside the extents");
        },
      ),
      { numRuns: 20 },
    );
  });

  it("is sound and identical to the raw disk in the eyes of qemu-img", async () => {
    const raw = join(folder, "disk.raw");
    const qcow2 = join(folder, "disk.qcow2");
    await fc.assert(
      fc.asyncProperty(anyDisk, async (disk) => {
        writeFileSync(raw, contentOf(sourceOf(disk)));
        writeFileSync(qcow2, (await qcow2Of(sourceOf(disk))).file);
        execFileSync("qemu-img", ["check", "-q", "-f", "qcow2", qcow2]);
        execFileSync("qemu-img", ["compare", "-q", "-f", "raw", "-F", "qcow2", raw, qcow2]);
      }),
      { numRuns: 8 },
    );
  });

  it("lets QEMU read matches that reach back across a whole cluster", async () => {
    // QEMU's own writer uses a window of 4 KiB; the engines here use all of 32 KiB.
    const block = sampleBytes(30_000, 5);
    const content = Buffer.concat([block, block, block]).subarray(0, CLUSTER);
    const raw = join(folder, "far.raw");
    const qcow2 = join(folder, "far.qcow2");
    writeFileSync(raw, content);
    for (const compression of ["fast", "default", "best"] as const) {
      const source = memorySource(CLUSTER, [{ offset: 0, bytes: content }]);
      const { file } = await qcow2Of(source, { compression });
      assert.ok(file.length < 7 * CLUSTER);
      writeFileSync(qcow2, file);
      execFileSync("qemu-img", ["compare", "-q", "-f", "raw", "-F", "qcow2", raw, qcow2]);
    }
  });

  it("reads and verifies what qemu-img writes, compressed or not", () => {
    const raw = join(folder, "theirs.raw");
    const qcow2 = join(folder, "theirs.qcow2");
    const content = contentOf(memorySource(3_000_320, [piece(512, 1_000_448)]));
    writeFileSync(raw, content);
    for (const flags of [[], ["-c"]]) {
      execFileSync("qemu-img", ["convert", ...flags, "-f", "raw", "-O", "qcow2", raw, qcow2]);
      assert.equal(verifyQcow2(qcow2).capacity, content.length);
      const disk = openQcow2(qcow2);
      assert.ok(contentOf(disk).equals(content));
      disk.close();
    }
  });

  it("gives the same bytes with any number of threads", async () => {
    const path = join(folder, "threads.raw");
    writeFileSync(path, sampleBytes(12 << 20, 1));
    truncateSync(path, 64 << 20);
    const source = openRawFile(path);
    const one = await qcow2Of(source, { threads: 0 });
    const other = await qcow2Of(source, { threads: 2 });
    source.close();
    assert.ok(other.file.equals(one.file));
  });

  it("stores no cluster of a disk of zeros", async () => {
    const { file, result } = await qcow2Of(memorySource(400_000 * 512, [piece(0, 0)]));
    assert.equal(result.populatedBytes, 0);
    assert.equal(verifyQcow2(memoryByteRange(file)).clusters, 0);
    assert.equal(file.length, 4 * CLUSTER);
  });

  it("writes disks of 2 TiB with data at their very end", async () => {
    const capacity = 2 * TIB;
    const pieces = [piece(0, 512), piece(TIB + 512, 1024), piece(capacity - 512, 512)];
    const { file } = await qcow2Of(memorySource(capacity, pieces));
    const path = join(folder, "large.qcow2");
    writeFileSync(path, file);
    execFileSync("qemu-img", ["check", "-q", "-f", "qcow2", path]);
    assert.equal(verifyQcow2(path).clusters, 3);
    const disk = openQcow2(path);
    for (const { offset, bytes } of pieces) {
      const read = Buffer.alloc(bytes.length);
      disk.readSync(read, offset);
      assert.ok(read.equals(bytes));
    }
    disk.close();
  });

  it("rejects disks that the format cannot hold", async () => {
    const holding = /from 512 to 2199023255552 \(2 TiB\)/;
    for (const capacity of [2 * TIB + 512, 1000, 0]) {
      await assert.rejects(qcow2Of(memorySource(capacity, [])), holding);
    }
  });

  it("is read from inside a larger file", async () => {
    const disk = { capacity: 2 ** 20, pieces: [piece(4096, 8192)] };
    const { file } = await qcow2Of(sourceOf(disk));
    const path = join(folder, "archive.tar");
    writeFileSync(path, Buffer.concat([Buffer.alloc(1536, 7), file, Buffer.alloc(1024, 7)]));
    const inside = openQcow2(openByteRange(path, 1536, file.length));
    assert.ok(contentOf(inside).equals(contentOf(sourceOf(disk))));
    inside.close();
  });

  describe("verification", () => {
    let sound: Buffer;
    before(async () => {
      sound = (await qcow2Of(memorySource(2 ** 21, [piece(65536, 300_032)]))).file;
    });
    const verify = (bytes: Buffer): unknown => verifyQcow2(memoryByteRange(bytes));
    const changed = (at: number, value: number): Buffer => {
      const bytes = Buffer.from(sound);
      bytes.writeUInt8(value, at);
      return bytes;
    };

    it("detects every truncation to fewer clusters", () => {
      for (let length = 0; length < sound.length; length += CLUSTER / 4) {
        assert.throws(() => verify(sound.subarray(0, length)), /qcow2|cluster|cut short/i);
      }
    });

    it("names what is wrong with a header", () => {
      assert.throws(() => verify(changed(0, 0)), /not a qcow2 image/);
      assert.throws(() => verify(changed(23, 12)), /cluster_bits is 12, it must be 16/);
      assert.throws(() => verify(changed(15, 1)), /backing_file_offset is 1/);
      assert.throws(() => verify(changed(35, 1)), /crypt_method is 1/);
      assert.throws(() => verify(changed(79, 4)), /incompatible_features is 4/);
    });

    it("detects a refcount that is not how often the cluster is used", () => {
      const refcounts = sound.length - CLUSTER;
      assert.equal(sound.readUInt16BE(refcounts), 1);
      assert.throws(() => verify(changed(refcounts + 1, 2)), /cluster 0 .* used 1 times .* is 2/);
      const unused = sound.length / CLUSTER;
      assert.throws(() => verify(changed(refcounts + unused * 2 + 1, 1)), /used 0 times .* is 1/);
    });

    it("detects a cluster whose stream is damaged", () => {
      // The first three bits are the block's header: 7 is a last block of the type that does not exist.
      assert.throws(() => verify(changed(2 * CLUSTER, 7)), /byte 65536 of the disk is damaged/);
    });
  });
});
