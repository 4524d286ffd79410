import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { boxSettings, buildBox, readBox, verifyBox } from "../../formats/box";

const PROJECT = resolve(__dirname, "..", "..");
const MIB = 1 << 20;
const settings = { name: "acme/demo", version: "1.0.0", epoch: 1700000000 };

/** A sparse disk of 80 MiB with 300 KiB of data in four places. */
function makeDisk(path: string): string {
  writeFileSync(path, "");
  truncateSync(path, 80 * MIB);
  for (const [place, text] of ["boot", "root", "log", "end"].entries()) {
    const data = Buffer.from(
      Array.from({ length: 75 * 1024 }, (_, index) => (index * (place + 7)) % 251),
    );
    data.write(text);
    execFileSync(
      "dd",
      [`of=${path}`, "bs=1M", `seek=${place * 26}`, "conv=notrunc", "status=none"],
      {
        input: data,
      },
    );
  }
  return path;
}

describe("making a box", () => {
  let folder: string;
  let disk: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "ami2box-build-"));
    disk = makeDisk(join(folder, "disk.raw"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("gives a sound box whose disk, read in place, is the raw disk", async () => {
    const out = join(folder, "whole.box");
    const built = await buildBox({ disk, out, settings: boxSettings(settings) });
    assert.equal(built.capacity, 80 * MIB);
    const report = await verifyBox(out, { sha256: built.sha256 });
    assert.deepEqual(report.problems, []);
    assert.equal(report.machine?.name, "acme-demo");
    const inPlace = {
      driver: "vmdk",
      file: { driver: "raw", ...built.disk, file: { driver: "file", filename: out } },
    };
    const raw = { driver: "raw", file: { driver: "file", filename: disk } };
    const compared = execFileSync("qemu-img", [
      "compare",
      `json:${JSON.stringify(raw)}`,
      `json:${JSON.stringify(inPlace)}`,
    ]);
    assert.match(compared.toString(), /identical/);
  });

  it("gives the same bytes in another folder, at another time, on other threads", async () => {
    const first = await buildBox({
      disk,
      out: join(folder, "a.box"),
      settings: boxSettings({ ...settings, threads: 1 }),
    });
    const other = join(folder, "elsewhere");
    mkdirSync(other);
    const copy = join(other, "copy.raw");
    execFileSync("cp", ["--sparse=always", disk, copy]);
    utimesSync(copy, 1, 1);
    const second = await buildBox({
      disk: copy,
      out: join(other, "b.box"),
      settings: boxSettings(settings),
    });
    assert.equal(second.sha256, first.sha256);
    const later = await buildBox({
      disk,
      out: join(folder, "c.box"),
      settings: boxSettings({ ...settings, version: "1.0.1" }),
    });
    assert.notEqual(later.sha256, first.sha256);
  });

  it("leaves no box when the disk is missing or empty", async () => {
    const out = join(folder, "none.box");
    const empty = join(folder, "empty.raw");
    writeFileSync(empty, "");
    for (const bad of [join(folder, "missing.raw"), empty]) {
      await assert.rejects(buildBox({ disk: bad, out, settings: boxSettings(settings) }));
      assert.equal(existsSync(out), false);
    }
  });

  it("reports every bad setting at once", () => {
    const bad = {
      name: "a b",
      version: "v1",
      epoch: "1700000000",
      compression: "max",
      threads: 0,
      vagrantfileLines: "x",
      hardware: { cpus: 0 },
      colour: "blue",
    };
    assert.throws(
      () => boxSettings(bad),
      /8 problems:[^]*box name[^]*version[^]*colour[^]*epoch[^]*compression[^]*threads[^]*vagrantfileLines[^]*hardware: cpus/,
    );
    assert.throws(() => boxSettings([]), /must be an object/);
    assert.throws(() => boxSettings({ ...settings, hardware: null }), /hardware is null/);
  });

  describe("as a stage", () => {
    let tool: string;
    let work: string;

    function runStage(variables: Record<string, string>): {
      status: number;
      out: string;
      err: string;
    } {
      const { status, stdout, stderr } = spawnSync("bash", ["scripts/run-stage.sh", "box", "120"], {
        cwd: PROJECT,
        env: { ...process.env, WORK_DIR: work, TOOL: tool, ...variables },
        encoding: "utf8",
      });
      return { status: status ?? -1, out: stdout, err: stderr };
    }

    before(() => {
      tool = join(folder, "box.js");
      work = join(folder, "work");
      mkdirSync(work);
      symlinkSync(join(PROJECT, "node_modules"), join(folder, "node_modules"));
      buildSync({
        entryPoints: [join(PROJECT, "formats/cli/box.ts")],
        outfile: tool,
        bundle: true,
        platform: "node",
        target: "node20",
        external: ["koffi"],
        logLevel: "error",
      });
    });

    it("prints one line of JSON, tells its progress, and replaces the box of a run before", async () => {
      const box = join(work, "demo.box");
      writeFileSync(box, "old");
      const { status, out, err } = runStage({
        RAW_DISK: disk,
        BOX_OUT: box,
        BOX_SETTINGS: JSON.stringify({ ...settings, threads: 2 }),
      });
      assert.equal(status, 0, err);
      const line = JSON.parse(out) as Record<string, unknown>;
      assert.equal(line["path"], box);
      assert.deepEqual((await verifyBox(box, { sha256: String(line["sha256"]) })).problems, []);
      assert.equal(line["outputBytes"], (await readBox(box)).bytes);
      assert.match(err, /^box: 100% compressing /m);
      assert.deepEqual(
        readdirSync(work).filter((name) => !name.startsWith(".lock")),
        ["demo.box", "logs"],
      );
    });

    it("keeps the box of a run before when it fails, and says why last", () => {
      const box = join(work, "kept.box");
      writeFileSync(box, "old");
      const { status, out, err } = runStage({
        RAW_DISK: join(folder, "missing.raw"),
        BOX_OUT: box,
        BOX_SETTINGS: JSON.stringify(settings),
      });
      assert.equal(status, 1);
      assert.equal(out, "");
      assert.match(err.trimEnd().split("\n").at(-1) ?? "", /^box: error: .*missing\.raw/);
      assert.equal(readFileSync(box, "utf8"), "old");
    });

    it("names every variable that is missing", () => {
      const { status, err } = runStage({ TOOL: "" });
      assert.equal(status, 2);
      assert.match(err, /RAW_DISK BOX_OUT TOOL BOX_SETTINGS/);
    });
  });
});
