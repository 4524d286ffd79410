import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import fc from "fast-check";
import {
  boxInfo,
  boxMetadata,
  boxSettings,
  boxVagrantfile,
  buildBox,
  DISK_NAME,
  verifyBox,
  writeBox,
  type BoxContents,
} from "../../formats/box";
import { ovfDescriptor, resolveHardware, type OvfDisk } from "../../formats/ovf";
import { diskIdentity, writeStreamOptimized } from "../../formats/vmdk";
import { memorySource } from "../../formats/blockSource";
import type { ImageSink } from "../../formats/imageSink";

const CAPACITY = 1 << 20;
const hardware = resolveHardware("demo", "seed", {});

/** A sound box's contents with one thing changed. */
function contentsWith(more: Partial<BoxContents>, disk: Partial<OvfDisk> = {}): BoxContents {
  const bytes = Buffer.from(Array.from({ length: 200000 }, (_, index) => (index * index) % 249));
  const source = memorySource(CAPACITY, [{ offset: 65536, bytes }]);
  return {
    metadata: boxMetadata({ provider: "virtualbox", architecture: "amd64" }),
    info: boxInfo({}),
    vagrantfile: boxVagrantfile([`config.vm.base_mac = "${hardware.mac}"`]),
    descriptor: (fileSize) =>
      ovfDescriptor(hardware, {
        fileName: DISK_NAME,
        fileSize,
        capacity: CAPACITY,
        uuid: diskIdentity("seed").uuid,
        ...disk,
      }),
    diskName: DISK_NAME,
    writeDisk: async (sink) => {
      const options = { source, seed: "seed" };
      return (await writeStreamOptimized(options, (chunk) => sink.append(chunk))).compressor;
    },
    epoch: 0,
    ...more,
  };
}

/** Zeros where a disk image belongs. */
async function nothing(sink: ImageSink): Promise<string> {
  await sink.append(Buffer.alloc(4096));
  return "none";
}

describe("checking a box", () => {
  let folder: string;
  let sound: string;
  let offset: number;
  let size: number;
  let counter = 0;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ami2box-verify-"));
    sound = join(folder, "sound.box");
    ({
      disk: { offset, size },
    } = await writeBox(sound, contentsWith({})));
  });
  after(() => rmSync(folder, { recursive: true }));

  async function problemsOf(contents: BoxContents): Promise<readonly string[]> {
    const path = join(folder, `${counter++}.box`);
    await writeBox(path, contents);
    return (await verifyBox(path)).problems;
  }

  it("finds nothing wrong with a sound one and tells what is in it", async () => {
    const report = await verifyBox(sound);
    assert.deepEqual(report.problems, []);
    assert.equal(report.machine?.memoryMiB, 2048);
    assert.deepEqual(report.disk, { name: DISK_NAME, offset, size, capacity: CAPACITY });
  });

  it("finds any damaged byte of the disk's grains and tables", async () => {
    const whole = readFileSync(sound);
    const path = join(folder, "damaged.box");
    const firstGrain = offset + 128 * 512;
    const footer = offset + size - 3 * 512;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: firstGrain, max: footer - 1 }), async (place) => {
        const damaged = Buffer.from(whole);
        damaged.writeUInt8(damaged.readUInt8(place) ^ 0xff, place);
        writeFileSync(path, damaged);
        assert.equal((await verifyBox(path)).problems.length, 1, `byte ${place}`);
      }),
      { numRuns: 60 },
    );
  });

  it("finds where it was cut short, wherever that is", async () => {
    const path = join(folder, "cut.box");
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: readFileSync(sound).length - 1 }),
        async (length) => {
          copyFileSync(sound, path);
          truncateSync(path, length);
          assert.ok((await verifyBox(path)).problems.length > 0, `cut to ${length}`);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("finds any change at all when it is given the checksum", async () => {
    const report = await verifyBox(sound, { sha256: "0".repeat(64) });
    assert.match(report.problems.join(), /checksum: it is [0-9a-f]{64}, but must be 0000/);
  });

  it("finds parts that do not fit together", async () => {
    const cases: [Partial<BoxContents>, Partial<OvfDisk>, RegExp][] = [
      [{ metadata: '{"provider":"hyperv"}' }, {}, /provider is "hyperv"/],
      [{ metadata: "{}" }, {}, /provider is missing/],
      [
        { vagrantfile: boxVagrantfile(['config.vm.base_mac = "080027000000"']) },
        {},
        /base_mac is 080027000000, but/,
      ],
      [{ descriptor: () => "<Envelope>" }, {}, /box\.ovf: not well-formed XML/],
      [{}, { fileName: "other.vmdk" }, /names the disk other\.vmdk, which is not in the box/],
      [{}, { fileSize: 512 }, /has 512 bytes, but it has \d+/],
      [{}, { capacity: 2 * CAPACITY }, /disk has 2097152 bytes, but the image has 1048576/],
      [{}, { uuid: diskIdentity("other").uuid }, /but the image is/],
      [{ writeDisk: nothing }, {}, /^box-disk001\.vmdk: /],
    ];
    for (const [more, disk, expected] of cases) {
      const problems = await problemsOf(contentsWith(more, disk));
      assert.equal(problems.length, 1, problems.join("\n"));
      assert.match(problems[0] ?? "", expected);
    }
  });

  it("finds a machine whose attached image is another than the disk", async () => {
    const { descriptor } = contentsWith({});
    assert.ok(descriptor);
    const problems = await problemsOf(
      contentsWith({
        descriptor: (bytes) =>
          descriptor(bytes).replace(/<Image uuid="\{[^}]*/, `<Image uuid="{${"1".repeat(8)}`),
      }),
    );
    assert.match(problems.join(), /vbox:Machine attaches 11111111, not the disk/);
  });

  it("says of a file that is no box what is wrong with it", async () => {
    for (const [path, expected] of [
      [__filename, /archive: /],
      [folder, /archive: /],
      [join(folder, "missing.box"), /archive: .*ENOENT/],
    ] as const) {
      assert.match((await verifyBox(path)).problems.join(), expected);
    }
  });

  it("ends the command with 1 and the reasons, or prints a table", async () => {
    const tool = join(folder, "verify.js");
    buildSync({
      entryPoints: [join(__dirname, "../../formats/cli/verify.ts")],
      outfile: tool,
      bundle: true,
      platform: "node",
      external: ["koffi"],
      logLevel: "error",
    });
    const run = (path: string): { status: number | null; stdout: string; stderr: string } =>
      spawnSync(process.execPath, [tool, path], { encoding: "utf8" });
    const out = join(folder, "made.box");
    const disk = join(folder, "made.raw");
    writeFileSync(disk, Buffer.alloc(65536, 1));
    const settings = boxSettings({ name: "demo", version: "1", epoch: 0 });
    await buildBox({ disk, out, settings });
    const good = run(out);
    assert.equal(good.status, 0, good.stderr);
    assert.match(good.stdout, /^machine {6}demo: 2 CPUs, 2048 MiB, 080027[0-9A-F]{6}$/m);
    assert.match(good.stdout, /^sound {8}yes$/m);
    truncateSync(out, 3000);
    const bad = run(out);
    assert.equal(bad.status, 1);
    assert.match(bad.stderr, /^verify: error: archive: /);
  });
});
