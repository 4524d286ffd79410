import assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { publishCommand } from "../../ops/publish/cli";
import { checks, finishedBox, stageResults } from "./publishFixture";

describe("the publish tool", () => {
  let folder: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-publish-"));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  it("names every variable that is missing", async () => {
    await assert.rejects(publishCommand({ BOX: "demo.box", BOX_NAME: "" }), {
      message: "variables that are not set: BOX_SHA256, BOX_NAME, BOX_VERSION, PUBLISH_DIR",
    });
  });

  it("publishes what its variables describe, the stages and the origin told as JSON", async () => {
    const { box, sha256, proofDirectory = "" } = finishedBox(folder);
    const facts = await publishCommand({
      BOX: box,
      BOX_SHA256: sha256,
      BOX_NAME: "demo",
      BOX_VERSION: "1.0.0",
      PUBLISH_DIR: path.join(folder, "out"),
      PROOF_DIR: proofDirectory,
      PROVENANCE: JSON.stringify({ recipe: "r", source: "Debian bookworm" }),
      STAGES: JSON.stringify(stageResults),
    });
    assert.deepEqual(Object.keys(facts).sort(), [
      "boxUrl",
      "bytes",
      "catalogUrl",
      "reportUrl",
      "versionDirectory",
    ]);
    const report = JSON.parse(
      fs.readFileSync(path.join(folder, "out/demo/1.0.0/report.json"), "utf8"),
    ) as { recipe: string; checks: unknown; stages: unknown[] };
    assert.equal(report.recipe, "r");
    assert.deepEqual(report.checks, checks);
    assert.equal(report.stages.length, stageResults.length);
  });

  it("needs no more than the five variables", async () => {
    const { box, sha256 } = finishedBox(folder);
    await publishCommand({
      BOX: box,
      BOX_SHA256: sha256,
      BOX_NAME: "demo",
      BOX_VERSION: "1.0.0",
      PUBLISH_DIR: path.join(folder, "out"),
      PROOF_DIR: "",
      PROVENANCE: "",
      STAGES: "",
    });
    assert.ok(fs.existsSync(path.join(folder, "out/demo/catalog.json")));
  });
});
