import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { memorySource, openRawFile, type BlockSource } from "../../formats/blockSource";
import { verifyVmdk, writeStreamOptimized } from "../../formats/vmdk";
import { sampleBytes, vmdkOf } from "./diskFixtures";

const MIB = 2 ** 20;

describe("compression on worker threads", () => {
  let folder: string;
  let raw: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "vmdk-threads-"));
    raw = join(folder, "disk.raw");
    writeFileSync(raw, sampleBytes(12 * MIB, 1));
    truncateSync(raw, 64 * MIB);
  });
  after(() => rmSync(folder, { recursive: true }));

  const workers = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === "Worker").length;

  it("gives the same bytes with any number of threads and every time", async () => {
    const source = openRawFile(raw);
    try {
      const one = await vmdkOf(source, { threads: 0 });
      for (const threads of [0, 1, 2, 3]) {
        const other = await vmdkOf(source, { threads });
        assert.equal(other.result.threads, threads);
        assert.ok(other.file.equals(one.file), `${threads} threads`);
      }
    } finally {
      source.close();
    }
    assert.equal(workers(), 0);
  });

  it("reports progress that never falls and ends at the bytes of data", async () => {
    const steps: [number, number][] = [];
    const lines: string[] = [];
    await vmdkOf(memorySource(2 ** 33, [{ offset: 2 ** 32, bytes: sampleBytes(5 * MIB, 1) }]), {
      onProgress: (...step) => void steps.push(step),
      log: (line) => void lines.push(line),
    });
    assert.deepEqual(
      steps,
      [0, 2, 4, 5].map((done) => [done * MIB, 5 * MIB]),
    );
    assert.deepEqual(lines, ["Compressing 5 MB with libdeflate level 5 on the main thread."]);
  });

  it("stops reading while the output does not take more", async () => {
    let windowsRead = 0;
    const inner = memorySource(64 * MIB, [{ offset: 0, bytes: sampleBytes(40 * MIB, 1) }]);
    const source: BlockSource = {
      capacity: inner.capacity,
      dataExtents: () => inner.dataExtents(),
      readSync(buffer, position) {
        windowsRead += 1;
        inner.readSync(buffer, position);
      },
      close: () => undefined,
    };
    let chunks = 0;
    let readWhileStopped = 0;
    await writeStreamOptimized({ source, seed: "s", threads: 1 }, async () => {
      chunks += 1;
      if (chunks !== 2) return;
      await new Promise((resolve) => setTimeout(resolve, 200));
      readWhileStopped = windowsRead;
    });
    assert.ok(readWhileStopped <= 4, `${readWhileStopped} windows read ahead`);
    assert.equal(windowsRead, 20);
  });

  it("fails with one clear error and no thread left when a thread cannot read", async () => {
    const path = join(folder, "shrinks.raw");
    writeFileSync(path, sampleBytes(12 * MIB, 1));
    const source = openRawFile(path);
    const extents = source.dataExtents();
    truncateSync(path, 5 * MIB);
    await assert.rejects(
      vmdkOf({ ...source, dataExtents: () => extents }, { threads: 2 }),
      /Compressing the disk failed: The disk image .*shrinks\.raw ended at byte \d+, it had/,
    );
    source.close();
    assert.equal(workers(), 0);
  });

  it("passes on the error of the output, with no thread left", async () => {
    const source = openRawFile(raw);
    let chunks = 0;
    const full = (): Promise<void> =>
      (chunks += 1) > 2 ? Promise.reject(new Error("disk full")) : Promise.resolve();
    await assert.rejects(
      writeStreamOptimized({ source, seed: "s", threads: 2 }, full),
      /^Error: disk full$/,
    );
    source.close();
    assert.equal(workers(), 0);
  });

  it("rejects a number of threads that is none", async () => {
    for (const threads of [-1, 1.5, Number.NaN]) {
      await assert.rejects(vmdkOf(memorySource(512, []), { threads }), /threads is (-1|1.5|NaN)/);
    }
  });

  it("works bundled to one file, whose program runs only once", () => {
    const bundle = join(folder, "program.js");
    const output = join(folder, "bundled.vmdk");
    buildSync({
      stdin: {
        contents: `
          import { appendFileSync } from "node:fs";
          import { openRawFile } from "./blockSource";
          import { writeStreamOptimized } from "./vmdk";
          console.log("program");
          const [raw, output] = process.argv.slice(2);
          void writeStreamOptimized(
            { source: openRawFile(raw), seed: "test", threads: 2 },
            (chunk) => appendFileSync(output, chunk),
          ).then((result) => console.log(result.compressor, result.threads));`,
        resolveDir: join(__dirname, "../../formats"),
        loader: "ts",
      },
      bundle: true,
      platform: "node",
      target: "node20",
      outfile: bundle,
    });
    const env = { ...process.env, NODE_PATH: join(__dirname, "../../node_modules") };
    const printed = execFileSync(process.execPath, [bundle, raw, output], { env });
    assert.equal(printed.toString(), "program\nlibdeflate level 5 2\n");
    assert.equal(verifyVmdk(output).capacity, 64 * MIB);
  });

  it("works bundled without koffi, with zlib, naming what is missing", () => {
    const env = { ...process.env, NODE_PATH: "" };
    const program = join(folder, "plain.js");
    buildSync({
      stdin: {
        contents: `
          import { memorySource } from "./blockSource";
          import { writeStreamOptimized } from "./vmdk";
          void writeStreamOptimized(
            { source: memorySource(512, []), seed: "test", log: console.log }, () => undefined);`,
        resolveDir: join(__dirname, "../../formats"),
        loader: "ts",
      },
      bundle: true,
      platform: "node",
      outfile: program,
    });
    const printed = execFileSync(process.execPath, [program], { env }).toString();
    assert.match(printed, /libdeflate \(libdeflate0\) cannot be used.*zlib level 6.*slower/);
  });
});
