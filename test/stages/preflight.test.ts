import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { toolEntryPoints } from "../../components/stages";
import { bundleTool } from "../../ops/toolBundle";
import { makeDisk, makeRootTree, type DiskFixture } from "../support/diskFixtures";
import { lvmLabel, raidSuperblock } from "../support/diskLabels";
import { leftoversOf, nothingLeft } from "../support/leftovers";
import { projectDirectory, runStage, type StageOutcome } from "../support/stageRun";

const GiB = 2 ** 30;

describe("preflight", function () {
  this.timeout(60_000);
  let scratch: string;
  let root: string;
  let empty: string;
  let tool: string;

  before(() => {
    const bundle = bundleTool(projectDirectory, "publish", toolEntryPoints.publish);
    tool = path.join(projectDirectory, bundle.path);
    scratch = fs.mkdtempSync(path.join(tmpdir(), "ami2box-preflight-"));
    root = makeRootTree(path.join(scratch, "root"));
    empty = path.join(scratch, "empty");
    fs.mkdirSync(empty);
  });

  afterEach(() => assert.deepEqual(leftoversOf(scratch), nothingLeft));
  after(() => fs.rmSync(scratch, { recursive: true, force: true }));

  const inScratch = (name: string): string => path.join(scratch, name);

  function preflight(variables: Record<string, string> = {}): StageOutcome {
    return runStage("preflight", {
      WORK_DIR: inScratch("work"),
      PUBLISH_DIR: inScratch("out"),
      BOXES: '[{"provider":"virtualbox","architecture":"amd64"}]',
      TOOL: tool,
      BOX_NAME: "demo",
      BOX_VERSION: "1.0.0",
      RECIPE: "abc",
      DISK_BYTES: String(4 * GiB),
      SOURCE_TYPE: "debian",
      ...variables,
    });
  }

  function preflightOf(fixture: DiskFixture, variables: Record<string, string> = {}): StageOutcome {
    const image = inScratch("disk.raw");
    makeDisk(image, fixture);
    return preflight({ SOURCE_TYPE: "image", IMAGE: image, IMAGE_FORMAT: "raw", ...variables });
  }

  function assertRefused(outcome: StageOutcome, reason: RegExp): void {
    assert.notEqual(outcome.status, 0);
    assert.equal(outcome.stdout, "");
    assert.equal(outcome.errors.length, 1, outcome.stderr);
    assert.match(outcome.errors[0] ?? "", reason);
  }

  for (const table of ["dos", "gpt", "none"] as const) {
    it(`finds the root on a disk with the partition table '${table}'`, () => {
      const others = table === "none" ? [] : [{}, { tree: empty }];
      const outcome = preflightOf({ table, partitions: [...others, { tree: root }] });
      assert.equal(outcome.status, 0, outcome.stderr);
      assert.equal((JSON.parse(outcome.stdout) as { stage: string }).stage, "preflight");
    });
  }

  for (const [format, qemuFormat] of [
    ["qcow2", "qcow2"],
    ["vmdk", "vmdk"],
    ["vhd", "vpc"],
  ] as const) {
    it(`reads a ${format} image and leaves it byte for byte as it was`, () => {
      const raw = inScratch("format.raw");
      const image = inScratch(`format.${format}`);
      makeDisk(raw, { table: "dos", partitions: [{ tree: root }] });
      execFileSync("qemu-img", ["convert", "-f", "raw", "-O", qemuFormat, raw, image]);
      const digest = (): string =>
        createHash("sha256").update(fs.readFileSync(image)).digest("hex");
      const before = digest();
      const outcome = preflight({ SOURCE_TYPE: "image", IMAGE: image, IMAGE_FORMAT: qemuFormat });
      assert.equal(outcome.status, 0, outcome.stderr);
      assert.equal(digest(), before);
    });
  }

  it("refuses an image with no Linux root, and tells what it found", () => {
    assertRefused(
      preflightOf({ table: "dos", partitions: [{ tree: empty }, {}] }),
      /no Linux root.*partition 1: ext4; partition 2: no file system/,
    );
  });

  it("refuses an image with two Linux roots", () => {
    assertRefused(
      preflightOf({ table: "gpt", partitions: [{ tree: root }, { tree: root }] }),
      /^2 Linux roots were found/,
    );
  });

  it("refuses a root on LVM with that as the reason", () => {
    assertRefused(
      preflightOf({ table: "dos", partitions: [{ bytes: lvmLabel() }] }),
      /stands on LVM \(partition 1: LVM2_member\)/,
    );
  });

  it("refuses a root on a software RAID with that as the reason", () => {
    assertRefused(
      preflightOf({ table: "dos", partitions: [{ bytes: raidSuperblock() }] }),
      /stands on a software RAID \(partition 1: linux_raid_member\)/,
    );
  });

  it("refuses a partition that is no file system of Linux, and names what it is", () => {
    const swap = Buffer.alloc(4096);
    swap.writeUInt32LE(1, 1024);
    swap.writeUInt32LE(4095, 1028);
    swap.write("SWAPSPACE2", 4086);
    assertRefused(
      preflightOf({ table: "dos", partitions: [{ bytes: swap }] }),
      /no Linux root .*partition 1: swap/,
    );
  });

  it("refuses an encrypted root with that as the reason", () => {
    const header = Buffer.alloc(1024);
    header.write("LUKS\xba\xbe\x00\x01", 0, "latin1");
    header.write("aes", 8);
    header.write("3d5fae2c-4d5c-4d2e-9f0c-6ab3a7e9d111", 168);
    assertRefused(preflightOf({ table: "dos", partitions: [{ bytes: header }] }), /is encrypted/);
  });

  it("refuses a file that only calls itself an image of its format", () => {
    const image = inScratch("broken.qcow2");
    fs.writeFileSync(image, Buffer.concat([Buffer.from("QFI\xfb", "latin1"), Buffer.alloc(4096)]));
    assertRefused(
      preflight({ SOURCE_TYPE: "image", IMAGE: image, IMAGE_FORMAT: "qcow2" }),
      /cannot be read as a qcow2 image/,
    );
  });

  it("refuses a disk too small for the content, and tells the size that would do", () => {
    assertRefused(
      preflightOf({ table: "dos", partitions: [{ tree: root }] }, { DISK_BYTES: "268435456" }),
      /set box\.diskGiB to 1 or more/,
    );
  });

  it("refuses a version that is published already, whatever it was made from", () => {
    const version = inScratch("published/demo/1.0.0");
    fs.mkdirSync(version, { recursive: true });
    fs.writeFileSync(path.join(version, "report.json"), JSON.stringify({ recipe: "abc" }));
    fs.writeFileSync(
      inScratch("published/demo/catalog.json"),
      JSON.stringify({ name: "demo", versions: [{ version: "1.0.0", providers: [] }] }),
    );
    const variables = { PUBLISH_DIR: inScratch("published") };
    assertRefused(preflight(variables), /published already, from the same inputs/);
    assertRefused(preflight({ ...variables, RECIPE: "other" }), /choose another version/);
  });

  it("lets a version be made again that a crash kept from the catalog", () => {
    const version = inScratch("crashed/demo/1.0.0");
    fs.mkdirSync(version, { recursive: true });
    fs.writeFileSync(path.join(version, "report.json"), JSON.stringify({ recipe: "abc" }));
    const outcome = preflight({ PUBLISH_DIR: inScratch("crashed") });
    assert.equal(outcome.status, 0, outcome.stderr);
  });

  it("refuses an output folder that cannot be written to", () => {
    assertRefused(preflight({ PUBLISH_DIR: "/proc/out" }), /^\/proc cannot be written to/);
  });

  it("refuses to begin without enough free space", () => {
    const small = inScratch("small");
    fs.mkdirSync(small);
    const script = [
      `mount -t tmpfs -o size=64M tmpfs '${small}'`,
      `WORK_DIR='${small}/work' bash scripts/run-stage.sh preflight 60`,
    ].join(" && ");
    const outcome = runInOwnMounts(script);
    assert.match(outcome, /preflight: error: .* MiB free and the box needs 2600 MiB/);
  });

  function runInOwnMounts(script: string): string {
    const variables = {
      PUBLISH_DIR: inScratch("out"),
      BOXES: '[{"provider":"virtualbox","architecture":"amd64"}]',
      TOOL: tool,
      BOX_NAME: "demo",
      BOX_VERSION: "1.0.0",
      RECIPE: "abc",
      DISK_BYTES: String(GiB),
      SOURCE_TYPE: "debian",
    };
    try {
      execFileSync("unshare", ["--mount", "bash", "-c", script], {
        cwd: path.resolve(__dirname, "../.."),
        env: { PATH: process.env["PATH"], ...variables },
        stdio: "pipe",
      });
    } catch (error) {
      return String((error as { stderr: Buffer }).stderr);
    }
    return "";
  }

  it("names every missing variable at once", () => {
    const outcome = runStage("preflight", { WORK_DIR: inScratch("work") });
    assert.match(
      outcome.errors[0] ?? "",
      /BOX_NAME BOX_VERSION BOXES RECIPE TOOL DISK_BYTES SOURCE_TYPE/,
    );
  });
});
