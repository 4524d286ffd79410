import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { chooseEngine, openEngine, type DeflateEngine } from "../../formats/deflate/engines";
import { GRAIN_BYTES, MAX_STREAM_BYTES } from "../../formats/deflate/grainCompressor";
import { openLibdeflateDecompressor } from "../../formats/deflate/libdeflate";
import { openNodeZlib, openNodeZlibDecompressor } from "../../formats/deflate/nodeZlib";
import { sampleBytes } from "./diskFixtures";

const ENGINES: readonly DeflateEngine[] = [
  { library: "isal", level: 1 },
  { library: "isal", level: 2 },
  { library: "isal", level: 3 },
  { library: "libdeflate", level: 1 },
  { library: "libdeflate", level: 5 },
  { library: "libdeflate", level: 12 },
  { library: "zlib", level: 1 },
  { library: "zlib", level: 6 },
  { library: "zlib", level: 9 },
];

const contents = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: GRAIN_BYTES, size: "max" }),
  fc.nat(1e6).map((seed) => sampleBytes(GRAIN_BYTES, seed)),
  fc.nat(255).map((byte) => Buffer.alloc(GRAIN_BYTES, byte)),
);

describe("deflate engines", () => {
  for (const engine of ENGINES) {
    it(`gives zlib streams that inflate to the input with ${engine.library} ${engine.level}`, () => {
      const compressor = openEngine(engine);
      assert.ok(compressor, `${engine.library} is not installed`);
      const output = Buffer.alloc(MAX_STREAM_BYTES);
      try {
        fc.assert(
          fc.property(contents, (content) => {
            const bytes = compressor.compress(content, output);
            const stream = Buffer.from(output.subarray(0, bytes));
            assert.ok(inflateSync(stream).equals(content));
            assert.equal(compressor.compress(content, output), bytes);
            assert.ok(stream.equals(output.subarray(0, bytes)), "other bytes the second time");
          }),
          { numRuns: 15 },
        );
      } finally {
        compressor.close();
      }
    });

    it(`fits incompressible grains into their place with ${engine.library} ${engine.level}`, () => {
      const compressor = openEngine(engine);
      assert.ok(compressor);
      const output = Buffer.alloc(MAX_STREAM_BYTES + 64, 0xa5);
      const content = randomBytes(GRAIN_BYTES);
      const bytes = compressor.compress(content, output.subarray(0, MAX_STREAM_BYTES));
      assert.ok(inflateSync(output.subarray(0, bytes)).equals(content));
      assert.ok(output.subarray(MAX_STREAM_BYTES).every((byte) => byte === 0xa5));
      assert.throws(
        () => compressor.compress(content, output.subarray(0, 1000)),
        /could not fit.*65536 bytes into 1000/,
      );
      compressor.close();
    });
  }

  it("keeps the native buffers of ISA-L through garbage collection", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const compressor = openEngine({ library: "isal", level: 2 });
    assert.ok(compressor);
    const output = Buffer.alloc(MAX_STREAM_BYTES);
    for (let round = 0; round < 4; round += 1) {
      collect();
      const content = sampleBytes(GRAIN_BYTES, round);
      const bytes = compressor.compress(content, output);
      assert.ok(inflateSync(output.subarray(0, bytes)).equals(content));
    }
  });

  it("chooses the preferred library of each setting when all are installed", () => {
    const names = (["fast", "default", "best"] as const).map((setting) => chooseEngine(setting));
    assert.deepEqual(
      names.map(({ name, notice }) => [name, notice]),
      [
        ["ISA-L level 2", undefined],
        ["libdeflate level 5", undefined],
        ["libdeflate level 12", undefined],
      ],
    );
  });

  it("falls back to zlib and says what is missing where no native library loads", () => {
    const choice = chooseEngine("fast", (engine) =>
      engine.library === "zlib" ? openNodeZlib(engine.level) : undefined,
    );
    assert.deepEqual(choice.engine, { library: "zlib", level: 1 });
    assert.match(choice.notice ?? "", /libisal2.*libdeflate0.*zlib level 1.*slower/);
  });

  it("passes over a library whose output cannot be read back", () => {
    const choice = chooseEngine("default", (engine) => {
      const compressor = openNodeZlib(6);
      return engine.library === "zlib" ? compressor : { ...compressor, compress: () => 40 };
    });
    assert.equal(choice.engine.library, "zlib");
  });

  for (const [name, open] of [
    ["libdeflate", openLibdeflateDecompressor],
    ["zlib", openNodeZlibDecompressor],
  ] as const) {
    it(`rejects damaged, short, long and trailing streams with ${name}`, () => {
      const decompressor = open();
      assert.ok(decompressor, `${name} is not installed`);
      const content = sampleBytes(GRAIN_BYTES, 1);
      const stream = Buffer.alloc(MAX_STREAM_BYTES);
      const bytes = openNodeZlib(6).compress(content, stream);
      const sound = stream.subarray(0, bytes);
      const output = Buffer.alloc(GRAIN_BYTES);
      decompressor.decompress(sound, output);
      assert.ok(output.equals(content));
      const flipped = Buffer.from(sound);
      flipped.writeUInt8(flipped.readUInt8(bytes - 1) ^ 1, bytes - 1);
      assert.throws(() => decompressor.decompress(flipped, output));
      assert.throws(() => decompressor.decompress(sound.subarray(0, bytes - 1), output));
      assert.throws(() => decompressor.decompress(stream.subarray(0, bytes + 1), output));
      assert.throws(() => decompressor.decompress(sound, output.subarray(1)));
      assert.throws(() => decompressor.decompress(sound, Buffer.alloc(GRAIN_BYTES + 1)));
      decompressor.close();
    });
  }
});
