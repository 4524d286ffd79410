import assert from "node:assert/strict";
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import {
  mappedExtents,
  memorySource,
  openLocator,
  openRawFile,
  type Extent,
} from "../../formats/blockSource";
import { anyDisk, contentOf, sampleBytes, sourceOf } from "./diskFixtures";

describe("block sources", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "block-source-"))));
  after(() => rmSync(folder, { recursive: true }));

  function sparseFile(name: string, capacity: number, offsets: readonly number[]): string {
    const path = join(folder, name);
    const descriptor = openSync(path, "w");
    ftruncateSync(descriptor, capacity);
    for (const offset of offsets) writeSync(descriptor, sampleBytes(4096, 1), 0, 4096, offset);
    closeSync(descriptor);
    return path;
  }

  const covers = (extents: readonly Extent[], offset: number): boolean =>
    extents.some((extent) => extent.offset <= offset && offset < extent.offset + extent.length);

  it("finds the data of a sparse file of 2 TiB without reading it", () => {
    const capacity = 2 ** 41;
    const offsets = [0, 2 ** 33, capacity - 4096];
    const source = openRawFile(sparseFile("huge.raw", capacity, offsets));
    try {
      assert.equal(source.capacity, capacity);
      const extents = source.dataExtents();
      for (const offset of offsets) assert.ok(covers(extents, offset), `no data at ${offset}`);
      const data = extents.reduce((sum, extent) => sum + extent.length, 0);
      assert.ok(data < 10e6, `${data} bytes are called data`);
      const end = Buffer.alloc(4096);
      source.readSync(end, capacity - 4096);
      assert.deepEqual(end, sampleBytes(4096, 1));
    } finally {
      source.close();
    }
  });

  it("agrees with qemu-img map about the data of a file", () => {
    const path = sparseFile("map.raw", 8 * 2 ** 20, [65536, 3 * 2 ** 20]);
    const source = openRawFile(path);
    try {
      assert.deepEqual(source.dataExtents(), mappedExtents(path, source.capacity));
    } finally {
      source.close();
    }
  });

  it("has no data extents in a file that is one hole", () => {
    const source = openRawFile(sparseFile("hole.raw", 2 ** 20, []));
    try {
      assert.deepEqual(source.dataExtents(), []);
    } finally {
      source.close();
    }
  });

  it("rejects a file whose size is not a multiple of a sector, naming both", () => {
    const path = sparseFile("odd.raw", 1000, []);
    assert.throws(() => openRawFile(path), /odd\.raw has 1000 bytes.*multiple of 512/);
    assert.throws(() => openRawFile(sparseFile("empty.raw", 0, [])), /has 0 bytes/);
  });

  it("names the file that shrank under a reader", () => {
    const path = sparseFile("shrinks.raw", 2 ** 20, [0]);
    const source = openRawFile(path);
    try {
      sparseFile("shrinks.raw", 4096, []);
      assert.throws(
        () => source.readSync(Buffer.alloc(512), 8192),
        /shrinks\.raw ended at byte 81/,
      );
    } finally {
      source.close();
    }
  });

  it("refuses to read past the end of the disk", () => {
    const source = memorySource(1024, []);
    assert.throws(() => source.readSync(Buffer.alloc(512), 1023), /512 bytes at byte 1023.*1024/);
  });

  it("refuses pieces of a disk in memory that overlap or leave it", () => {
    const piece = (offset: number): { offset: number; bytes: Buffer } => ({
      offset,
      bytes: Buffer.alloc(512, 1),
    });
    assert.throws(() => memorySource(1024, [piece(0), piece(256)]), /byte 256.*overlaps/);
    assert.throws(() => memorySource(1024, [piece(1024)]), /byte 1024/);
  });

  it("reads the same bytes through a locator as through the source it came from", () => {
    fc.assert(
      fc.property(anyDisk, (disk) => {
        const source = sourceOf(disk);
        assert.ok(source.locator);
        const expected = Buffer.alloc(disk.capacity);
        for (const { offset, bytes } of disk.pieces) bytes.copy(expected, offset);
        assert.ok(contentOf(openLocator(source.locator)).equals(expected));
      }),
      { numRuns: 20 },
    );
  });
});
