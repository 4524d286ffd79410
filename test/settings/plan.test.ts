import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { makePlan } from "../../settings/plan";
import { ArchiveServer } from "./archiveServer";
import { PlanProject } from "./planProject";

describe("makePlan", () => {
  let project: PlanProject;

  beforeEach(() => {
    project = new PlanProject();
  });
  afterEach(() => project.remove());

  it("plans a box from an image, named after the file", async () => {
    const plan = await project.plan({ box: { version: "1.0.0", diskGiB: 2 } });
    assert.equal(plan.boxName, "disk");
    assert.equal(plan.version, "1.0.0");
    assert.equal(plan.diskBytes, 2 * 2 ** 30);
    assert.deepEqual(plan.publish, {
      directory: path.join(project.directory, "out"),
      privateAddress: "10.10.1.10",
    });
    assert.equal(plan.workDirectory, ".ami2box/work/disk");
    assert.deepEqual(plan.provenance, {
      recipe: plan.recipe,
      source: "disk.img",
      imageFormat: "raw",
      ami2box: "0.1.0",
    });
  });

  it("plans a Debian box, dated by the archive and named after the suite", async () => {
    const archive = new ArchiveServer();
    await archive.start();
    archive.addSuite("trixie", "Sat, 11 Jul 2026 10:16:37 UTC", "Sat, 21 Nov 2026 00:53:02 UTC");
    const plan = await makePlan({ source: archive.source("trixie") }, project.directory);
    assert.equal(plan.boxName, "debian-trixie");
    assert.match(plan.version, /^[0-9]{8}\.0\.0$/);
    assert.equal(
      plan.source.type === "debian" && plan.source.epoch,
      Date.UTC(2026, 10, 21, 0, 53, 2) / 1000,
    );
    assert.equal(plan.provenance["source"], "Debian trixie");
    await archive.stop();
  });

  it("makes a name Vagrant takes from a file's name of any kind", async () => {
    project.write("My disk (v2).raw.qcow", Buffer.alloc(512));
    const plan = await project.plan({ source: { type: "image", path: "My disk (v2).raw.qcow" } });
    assert.equal(plan.boxName, "My-disk-v2-.raw");
  });

  it("gives each box a work directory of its own, one level deep", async () => {
    const plan = await project.plan({ box: { name: "acme/demo" }, worker: { workDirectory: "w" } });
    assert.equal(plan.workDirectory, "w/acme--demo");
  });

  it("changes nothing on disk", async () => {
    const before = project.files();
    await project.plan();
    assert.deepEqual(project.files(), before);
  });

  it("takes a script by an absolute path", async () => {
    const script = path.join(project.directory, "mine.sh");
    const plan = await project.plan({ provisioning: { scripts: [script] } });
    assert.deepEqual(plan.userScripts, [script]);
  });

  describe("recipe", () => {
    const recipe = async (raw: Record<string, unknown> = {}): Promise<string> =>
      (await project.plan(raw)).recipe;

    it("is the same for the same inputs", async () => {
      assert.equal(await recipe(), await recipe({ box: {}, worker: {} }));
    });

    it("does not depend on the version, the folders or the threads", async () => {
      const other = {
        box: { version: "9.9.9" },
        publish: { directory: "elsewhere" },
        worker: { workDirectory: "w", threads: 1 },
      };
      assert.equal(await recipe(other), await recipe());
    });

    const changes: [string, () => Record<string, unknown> | undefined][] = [
      ["a script", () => void project.write("scripts/stages/box.sh", "# edited\n")],
      [
        "a file of the formats",
        () => void project.write("formats/vmdk.ts", "export const a = 1;\n"),
      ],
      ["a user's script", () => void project.write("mine.sh", "echo edited\n")],
      ["the image", () => void project.write("disk.img", Buffer.alloc(2048))],
      ["the box's name", () => ({ box: { name: "other" } })],
      ["the hardware", () => ({ box: { hardware: { cpus: 4 } } })],
      ["the lines of the Vagrantfile", () => ({ box: { vagrantfile: ["# hello"] } })],
      ["the fixes left out", () => ({ provisioning: { skipFixes: ["kernel"] } })],
      ["the guest additions", () => ({ provisioning: { guestAdditions: "none" } })],
    ];
    for (const [what, change] of changes) {
      it(`changes with ${what}`, async () => {
        const scripts = { provisioning: { scripts: ["mine.sh"] } };
        const before = await recipe(scripts);
        const raw = change() ?? {};
        assert.notEqual(await recipe({ ...scripts, ...raw }), before);
      });
    }

    it("changes with the image's time alone", async () => {
      const before = await recipe();
      fs.utimesSync(path.join(project.directory, "disk.img"), 1, 1);
      assert.notEqual(await recipe(), before);
    });
  });

  describe("version", () => {
    function publish(version: string, recipe: string): void {
      project.write(`out/disk/${version}/report.json`, JSON.stringify({ recipe }));
    }

    it("is kept by what was published from the same recipe", async () => {
      const first = await project.plan();
      publish("3.2.1", first.recipe);
      assert.equal((await project.plan()).version, "3.2.1");
    });

    it("is the next of the day once the recipe has changed", async () => {
      const first = await project.plan();
      publish(first.version, first.recipe);
      project.write("scripts/stages/box.sh", "# edited\n");
      const day = first.version.slice(0, 8);
      assert.match((await project.plan()).version, new RegExp(`^(${day}\\.1|[0-9]{8}\\.0)\\.0$`));
    });

    it("is the one that was asked for, whatever is published", async () => {
      const first = await project.plan();
      publish(first.version, first.recipe);
      assert.equal((await project.plan({ box: { version: "7.0.0" } })).version, "7.0.0");
    });
  });
});
