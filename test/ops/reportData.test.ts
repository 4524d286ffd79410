import assert from "node:assert/strict";

import { parsePackages } from "../../ops/report/guestData";
import { buildReport } from "../../ops/report/reportData";
import { checks, stageResults } from "./publishFixture";
import { inputs } from "./reportFixture";

describe("report.json", () => {
  const report = buildReport(inputs);

  it("holds the box, what each stage took and made, and every check", () => {
    assert.deepEqual(report.box, {
      name: "acme/demo",
      version: "1.0.0",
      provider: "virtualbox",
      architecture: "amd64",
      bytes: 260_891_648,
      sha256: "ab".repeat(32),
    });
    assert.deepEqual(report.stages[2], {
      name: "provision",
      seconds: 41.9,
      inputBytes: 754_000_000,
      outputBytes: 18_000_000,
    });
    assert.equal(report.stages.length, stageResults.length);
    for (const check of report.checks) {
      assert.equal(typeof check.name, "string");
      assert.equal(typeof check.ok, "boolean");
      assert.equal(typeof check.detail, "string");
    }
    assert.deepEqual(report.checks, checks);
  });

  it("holds the recipe and where the box comes from, apart", () => {
    assert.equal(report.recipe, "the-recipe");
    assert.deepEqual(report.provenance, { source: "Debian bookworm", archiveState: "2026" });
  });

  it("holds what was mended in the source and how the boot proof went", () => {
    assert.deepEqual(
      report.fixes.map(({ name, verdict }) => `${name} ${verdict}`),
      ["kernel ok", "network fix", "cloud-users skipped", "fstab fix"],
    );
    assert.deepEqual(report.bootProof, { accelerator: "tcg", secondsToSsh: 21.4 });
  });

  it("holds what the guest is like, and every package in it", () => {
    assert.deepEqual(report.guest, {
      access: "public",
      firmware: "both",
      bootLoader: "grub",
      guestAdditions: "in-tree",
      guestAdditionsReason: "",
      kernels: ["6.1.0-56-amd64"],
    });
    assert.deepEqual(report.packages, inputs.packages);
    assert.deepEqual(parsePackages("adduser\t3.134\tall\n"), [inputs.packages[0]]);
    const without = buildReport({ ...inputs, stages: [] });
    assert.ok(!("guest" in without));
  });

  it("holds what the preflight found, as it found it", () => {
    assert.deepEqual(report.preflight, stageResults[0]?.checks);
    assert.deepEqual(buildReport({ ...inputs, stages: [] }).preflight, []);
  });

  it("has no boot proof, and no checks, when that was turned off", () => {
    const without = buildReport({ ...inputs, stages: stageResults.slice(0, 5), checks: [] });
    assert.ok(!("bootProof" in without));
    assert.deepEqual(without.checks, []);
  });

  it("holds nothing of this machine's folders and no time of day", () => {
    const text = JSON.stringify(report);
    for (const { path } of stageResults) assert.ok(!text.includes(path), path);
    assert.deepEqual(buildReport(inputs), report);
  });
});
