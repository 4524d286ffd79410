import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { makePlans, selectBoxes, type PlannedBox } from "../../settings/boxPlans";
import { PlanProject } from "./planProject";
import { problemsOf } from "./problemsOf";

type Raw = Record<string, unknown>;

describe("the setting boxes", () => {
  let project: PlanProject;
  before(() => {
    project = new PlanProject();
    project.write("other.img", Buffer.alloc(2048));
  });
  after(() => project.remove());

  const plans = (raw: Raw): Promise<[PlannedBox, ...PlannedBox[]]> =>
    makePlans({ source: { type: "image", path: "disk.img" }, ...raw }, project.directory);
  const refused = (raw: Raw): Promise<readonly string[]> => problemsOf(plans(raw));

  it("is one box, as ever, when it is left out", async () => {
    const [only, ...others] = await plans({ box: { name: "acme/demo" } });
    assert.deepEqual(others, []);
    assert.equal(only.key, undefined);
    assert.equal(only.plan.workDirectory, path.join(".ami2box", "work", "acme--demo"));
  });

  it("lays a box's own settings over the stack's, name by name", async () => {
    const [one, two] = await plans({
      provisioning: { scripts: ["mine.sh"], guestAdditions: "none" },
      box: { description: "for all", hardware: { cpus: 4, memoryMiB: 1024 } },
      boxes: [
        { box: { name: "one", hardware: { cpus: 1 } } },
        {
          source: { path: "other.img" },
          provisioning: { scripts: [] },
          box: { name: "acme/two" },
          worker: { threads: 2 },
        },
      ],
    });
    const { settings } = one.plan;
    assert.deepEqual([settings.box.hardware.cpus, settings.box.hardware.memoryMiB], [1, 1024]);
    assert.deepEqual(settings.provisioning.scripts, ["mine.sh"]);
    const other = two!.plan;
    assert.deepEqual(
      [other.settings.box.hardware.cpus, other.settings.box.description],
      [4, "for all"],
    );
    assert.deepEqual(other.settings.provisioning.scripts, []);
    assert.equal(other.settings.provisioning.guestAdditions, "none");
    assert.equal(other.settings.worker.threads, 2);
    assert.match(JSON.stringify(other.source), /other\.img/);
    assert.deepEqual([one.key, two?.key], ["one", "acme--two"]);
    assert.equal(other.workDirectory, path.join(".ami2box", "work", "acme--two"));
  });

  it("has nothing of the stack's source where a box has another type of source", async () => {
    const found = await refused({
      source: { type: "debian", suite: "bookworm", packages: ["jq"] },
      boxes: [
        { source: { type: "image", path: "disk.img" }, box: { name: "a" } },
        { source: { type: "image" } },
      ],
    });
    assert.deepEqual(found, [
      "boxes[1].source.path: is missing; it must be text, in quotes where it looks like a number",
    ]);
  });

  it("makes of a box what it would be alone: the same recipe", async () => {
    const [alone] = await plans({ box: { name: "one" } });
    const [listed] = await plans({ boxes: [{ box: { name: "one" } }, { box: { name: "two" } }] });
    assert.equal(listed.plan.recipe, alone.plan.recipe);
    assert.equal(listed.plan.version, alone.plan.version);
  });

  it("tells the problems of all boxes together, each with its path", async () => {
    const found = await refused({
      publish: { folder: "out" },
      boxes: [
        { box: { name: "fine" } },
        { box: { name: "not/a/name", diskGiB: 0 }, source: { path: "gone.img" } },
        { box: { version: "next", name: "b" }, provisioning: { scripts: ["no.sh"] } },
      ],
    });
    for (const wanted of [
      /^publish\.folder: is not a setting/,
      /^boxes\[1\]\.box\.name: /,
      /^boxes\[1\]\.box\.diskGiB: 0 is not allowed/,
      /^boxes\[1\]\.source\.path: .*gone\.img does not exist/,
      /^boxes\[2\]\.box\.version: /,
      /^boxes\[2\]\.provisioning\.scripts: no\.sh is not a file/,
    ]) {
      assert.equal(
        found.filter((text) => wanted.test(text)).length,
        1,
        `${wanted} in\n${found.join("\n")}`,
      );
    }
    assert.equal(found.length, 6, found.join("\n"));
  });

  it("refuses a list that is none, is empty, or has what is no box", async () => {
    for (const boxes of ["two", [], {}]) {
      const [problem] = await refused({ boxes });
      assert.match(problem ?? "", /^boxes: .* is not allowed; it must be a list/);
    }
    assert.deepEqual(
      await refused({
        boxes: [
          { box: { name: "a" } },
          "b",
          { box: { name: "c" }, publish: {}, worker: { workDirectory: "w" } },
        ],
      }),
      [
        'boxes[1]: "b" is not allowed; it must be a group of settings with source, provisioning, box, worker',
        "boxes[2].publish: is not of one box; allowed: source, provisioning, box, worker",
        "boxes[2].worker.workDirectory: is of all boxes of the stack; set it outside of the list",
      ],
    );
  });

  it("refuses two boxes with one name, provider and architecture", async () => {
    assert.deepEqual(
      await refused({
        boxes: [
          { box: { name: "a" } },
          { box: { name: "b" } },
          { box: { name: "a", description: "x" } },
        ],
      }),
      [
        'boxes[2].box.name: "a" is that of boxes[0] too, for the same provider and architecture; give each another name',
      ],
    );
  });

  it("gives boxes of one name for other providers versions, labels and folders of their own", async () => {
    const boxes = [{ box: { name: "a" } }, { box: { name: "a", providers: ["libvirt"] } }];
    const [one, two] = await plans({ boxes });
    assert.notEqual(one.plan.version, two?.plan.version);
    assert.deepEqual([one.label, two?.label], ["a virtualbox-amd64", "a libvirt-amd64"]);
    assert.deepEqual([one.key, two?.key], ["a-virtualbox-amd64", "a-libvirt-amd64"]);
    const pinned = boxes.map(({ box }) => ({ box: { ...box, version: "1.0.0" } }));
    assert.deepEqual(await refused({ boxes: pinned }), [
      'boxes[1].box.version: "1.0.0" is that of boxes[0] too, which has the same name; give each another version, or leave it out',
    ]);
  });

  it("changes nothing on the disk", async () => {
    const before = project.files();
    await plans({ boxes: [{ box: { name: "a" } }, { box: { name: "b" } }] });
    assert.deepEqual(project.files(), before);
    assert.ok(!fs.existsSync(path.join(project.directory, ".ami2box")));
  });

  it("selects boxes by their labels", async () => {
    const all = await plans({ boxes: [{ box: { name: "a" } }, { box: { name: "b" } }] });
    assert.deepEqual(
      selectBoxes(all, {}).map(({ label }) => label),
      ["a", "b"],
    );
    assert.deepEqual(
      selectBoxes(all, { AMI2BOX_ONLY: "b" }).map(({ label }) => label),
      ["b"],
    );
    assert.throws(
      () => selectBoxes(all, { AMI2BOX_ONLY: "b,c" }),
      /c is no box of the stack; allowed: a, b/,
    );
  });
});
