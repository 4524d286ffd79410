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
    const refused = async (
      args: string[],
      variables: Record<string, string>,
      names: string,
    ): Promise<void> => {
      const message = `variables that are not set: ${names}`;
      await assert.rejects(publishCommand(args, variables), { message });
    };
    await refused([], { BOX_NAME: "" }, "BOXES, BOX_NAME, BOX_VERSION, PUBLISH_DIR");
    await refused(["check"], {}, "BOXES, BOX_NAME, BOX_VERSION, RECIPE, PUBLISH_DIR");
    await refused([], { BOXES: "[]", PUBLISH_BUCKET: "b" }, "BOX_NAME, BOX_VERSION, AWS_REGION");
  });

  it("refuses an action that is none", async () => {
    await assert.rejects(publishCommand(["chek"], {}), {
      message: '"chek" is no action; allowed: check, or nothing',
    });
  });

  it("publishes what its variables describe, the stages and the origin told as JSON", async () => {
    const { boxes, proofDirectory = "" } = finishedBox(folder);
    const facts = await publishCommand([], {
      BOXES: JSON.stringify(boxes),
      BOX_NAME: "demo",
      BOX_VERSION: "1.0.0",
      PUBLISH_DIR: path.join(folder, "out"),
      PROOF_DIR: proofDirectory,
      PROVENANCE: JSON.stringify({ recipe: "r", source: "Debian bookworm" }),
      STAGES: JSON.stringify(stageResults),
    });
    assert.deepEqual(Object.keys(facts).sort(), [
      "boxUrl",
      "boxUrls",
      "bytes",
      "catalogUrl",
      "path",
      "reportUrl",
    ]);
    const report = JSON.parse(
      fs.readFileSync(path.join(folder, "out/demo/1.0.0/report.json"), "utf8"),
    ) as { recipe: string; checks: unknown; stages: unknown[] };
    assert.equal(report.recipe, "r");
    assert.deepEqual(report.checks, checks);
    assert.equal(report.stages.length, stageResults.length);
  });

  it("needs no more than what the box is and where it goes", async () => {
    const { boxes } = finishedBox(folder);
    await publishCommand([], {
      BOXES: JSON.stringify(boxes),
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
