import assert from "node:assert/strict";
import fc from "fast-check";
import { memorySource } from "../../formats/blockSource";
import { memoryByteRange, openVmdk, verifyVmdk } from "../../formats/vmdk";
import { contentOf, sampleBytes, vmdkOf } from "./diskFixtures";

const SECTOR = 512;

describe("VMDK verification", () => {
  let sound: Buffer;
  let content: Buffer;

  before(async () => {
    // Two grain tables, a last grain that is not full, and grains long and short.
    const source = memorySource(33 * 2 ** 20 + 3 * SECTOR, [
      { offset: 0, bytes: sampleBytes(3 * 65536, 1) },
      { offset: 2 ** 20, bytes: Buffer.alloc(65536, 9) },
      { offset: 33 * 2 ** 20, bytes: sampleBytes(3 * SECTOR, 2) },
    ]);
    content = contentOf(source);
    sound = (await vmdkOf(source)).file;
  });

  const verify = (file: Buffer): unknown => verifyVmdk(memoryByteRange(file));

  /** The first sectors that a predicate holds for. */
  function find(holds: (sector: Buffer) => boolean): number {
    for (let at = 128 * SECTOR; at < sound.length; at += SECTOR) {
      if (holds(sound.subarray(at, at + SECTOR))) return at;
    }
    throw new Error("no such sector");
  }
  const metadata = (type: number) => (sector: Buffer) =>
    sector.readUInt32LE(8) === 0 && sector.readUInt32LE(12) === type && sector.readUInt8(0) > 0;

  function changed(position: number, value: number): Buffer {
    const file = Buffer.from(sound);
    file.writeUInt32LE(value, position);
    return file;
  }

  it("accepts the undamaged file and reports its progress to the end", () => {
    let last = -1;
    const facts = verifyVmdk(memoryByteRange(sound), (done, total) => {
      assert.ok(done >= last && done <= total);
      last = done;
    });
    assert.equal(last, sound.length);
    assert.equal(facts.grains, 5);
  });

  it("detects every truncation", () => {
    fc.assert(
      fc.property(fc.nat(sound.length - 1), (length) => {
        assert.throws(() => verify(sound.subarray(0, length)), /VMDK|sector|cut short/);
      }),
      { numRuns: 200 },
    );
    for (let at = 0; at < sound.length; at += SECTOR) {
      assert.throws(() => verify(sound.subarray(0, at)));
    }
  });

  it("detects appended bytes", () => {
    for (const extra of [1, SECTOR, 1024]) {
      const file = Buffer.concat([sound, Buffer.alloc(extra)]);
      assert.throws(() => verify(file), /appended|end-of-stream|footer/);
    }
  });

  it("detects flipped bits that change the content", () => {
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.nat(7), (position, bit) => {
        const file = Buffer.from(sound);
        file.writeUInt8(file.readUInt8(position) ^ (1 << bit), position);
        try {
          verify(file);
        } catch {
          return;
        }
        const disk = openVmdk(memoryByteRange(file));
        assert.equal(disk.capacity, content.length);
        assert.ok(contentOf(disk).equals(content), `byte ${position}, bit ${bit}`);
      }),
      { numRuns: 500 },
    );
  });

  it("detects flipped bits everywhere outside the descriptor and the zlib streams", () => {
    const spans: [number, number][] = [
      [0, SECTOR],
      [find(metadata(1)), 5 * SECTOR],
      [find(metadata(2)), 2 * SECTOR],
      [sound.length - 3 * SECTOR, 3 * SECTOR],
    ];
    for (let at = 128 * SECTOR; sound.readUInt32LE(at + 8) !== 0;) {
      const end = 12 + sound.readUInt32LE(at + 8);
      const sectors = Math.ceil(end / SECTOR);
      spans.push([at, 14], [at + end - 4, sectors * SECTOR - end + 4]);
      at += sectors * SECTOR;
    }
    for (const [start, length] of spans) {
      const step = length > 600 ? 7 : 1;
      for (let position = start; position < start + length; position += step) {
        const bit = position % 8;
        const file = Buffer.from(sound);
        file.writeUInt8(file.readUInt8(position) ^ (1 << bit), position);
        assert.throws(() => verify(file), Error, `byte ${position}, bit ${bit}`);
      }
    }
  });

  it("names the damaged grain and its place on the disk", () => {
    const stream = 128 * SECTOR + 12 + 1000;
    assert.throws(
      () => verify(changed(stream, ~sound.readUInt32LE(stream) >>> 0)),
      /grain for byte 0 of the disk \(sector 128\) is damaged/,
    );
  });

  it("names the grain that another one took the place of", () => {
    assert.throws(() => verify(changed(128 * SECTOR, 128)), /is marked as grain 1, after grain 1/);
    const disk = openVmdk(memoryByteRange(changed(128 * SECTOR, 128)));
    assert.throws(
      () => disk.readSync(Buffer.alloc(SECTOR), 0),
      /byte 0 of the disk \(sector 128\) is marked as the one for byte 65536/,
    );
  });

  it("names the entry of a grain table that points elsewhere", () => {
    const table = find(metadata(1)) + SECTOR;
    assert.throws(() => verify(changed(table, 129)), /table 0 places grain 0 at sector 129; it is/);
    assert.throws(() => verify(changed(table + 400, 128)), /grain 100 .*no grain is there/);
  });

  it("names the entry of the grain directory that points elsewhere", () => {
    const directory = find(metadata(2)) + SECTOR;
    assert.throws(() => verify(changed(directory, 0)), /does not name the grain table at sector/);
  });

  it("names the field in which header and footer differ", () => {
    assert.throws(
      () => verify(changed(12, 4096)),
      /differ: capacity is 2097152 in one and 34604544/,
    );
  });

  it("lists all that is wrong with a header at once", () => {
    const file = Buffer.from(sound);
    file.writeUInt32LE(4, 4);
    file.writeUInt32LE(64, 20);
    file.writeUInt8(13, 73);
    assert.throws(
      () => openVmdk(memoryByteRange(file)),
      /version is 4, .*grainSize is 64, .*newline characters were converted/,
    );
  });

  it("says what a file is not that is no VMDK", () => {
    assert.throws(() => verify(Buffer.alloc(4096)), /does not start with "KDMV"/);
  });

  it("rejects a descriptor of another kind of disk", () => {
    const file = Buffer.from(sound);
    const at = file.indexOf("streamOptimized");
    file.write("monolithicFlat!", at);
    assert.throws(() => verify(file), /createType is "monolithicFlat!"/);
    const chained = Buffer.from(sound);
    chained.write("parentCID=12345678", sound.indexOf("parentCID="));
    assert.throws(() => verify(chained), /has a parent/);
  });
});
