import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeMbr, encodeMbr, LINUX } from "../../formats/mbr";

describe("msdos partition table", () => {
  it("puts boot code, disk signature, boot flag and 55 AA where firmware looks for them", () => {
    const partition = { type: LINUX, bootable: true, firstSector: 2048, sectorCount: 6144 };
    const sector = encodeMbr(
      { signature: 0x12345678, partitions: [partition] },
      Buffer.alloc(512, 0x90),
    );
    assert.equal(sector.length, 512);
    assert.ok(sector.subarray(0, 440).every((byte) => byte === 0x90));
    assert.equal(sector.readUInt32LE(440), 0x12345678);
    assert.equal(sector.readUInt16LE(444), 0);
    assert.deepEqual(
      [...sector.subarray(446, 462)],
      [0x80, 32, 33, 0, 0x83, 130, 2, 0, 0, 8, 0, 0, 0, 24, 0, 0],
    );
    assert.deepEqual([...sector.subarray(510)], [0x55, 0xaa]);
  });

  it("reads back whatever it wrote", () => {
    const partition = fc
      .record(
        {
          type: fc.integer({ min: 1, max: 255 }),
          bootable: fc.boolean(),
          firstSector: fc.nat({ max: 2 ** 31 }),
          sectorCount: fc.integer({ min: 1, max: 2 ** 31 }),
        },
        { noNullPrototype: true },
      )
      .filter(({ firstSector, sectorCount }) => firstSector + sectorCount <= 2 ** 32);
    const mbr = fc.record(
      {
        signature: fc.nat({ max: 2 ** 32 - 1 }),
        partitions: fc.array(partition, { maxLength: 4 }),
      },
      { noNullPrototype: true },
    );
    fc.assert(fc.property(mbr, (table) => assert.deepEqual(decodeMbr(encodeMbr(table)), table)));
  });

  it("sees no table without the boot signature", () => {
    assert.equal(decodeMbr(Buffer.alloc(512)), null);
    assert.equal(decodeMbr(Buffer.alloc(10)), null);
  });

  it("refuses a fifth partition and one beyond 2 TiB, both at once", () => {
    const small = { type: LINUX, bootable: false, firstSector: 1, sectorCount: 1 };
    const partitions = [small, small, small, small, { ...small, sectorCount: 2 ** 32 }];
    assert.throws(
      () => encodeMbr({ signature: 0, partitions }),
      /2 problems:[^]*5 partitions[^]*before 2 TiB/,
    );
  });
});
