import { strict as assert } from "node:assert";
import * as fs from "node:fs";

import { parse, stringify } from "yaml";

import { baseImageDisk } from "../aws/baseImage";
import { leftoversOf, nothingLeft } from "../support/leftovers";
import { useCheapStages } from "./cheapStages";
import { ProjectCopy, type CommandOutcome } from "../support/projectCopy";

const minutes = 60_000;

/**
 * A stack that lists boxes, with the real engine on this machine: one of three fails, and later one changes.
 * Their systems are not made (see cheapStages.ts) and they are not booted, which test/e2e/box.test.ts does.
 */
describe("several boxes of one stack", function () {
  this.timeout(10 * minutes);
  this.bail(true);

  let project: ProjectCopy;

  before(async () => {
    const image = await baseImageDisk();
    project = new ProjectCopy();
    const file = project.path("Pulumi.local.yaml");
    const stackFile = parse(fs.readFileSync(file, "utf8")) as { config: Record<string, unknown> };
    Object.assign(stackFile.config, {
      "ami2box:source": { type: "image", path: image },
      "ami2box:provisioning": { guestAdditions: "none" },
      "ami2box:box": { compression: "fast", bootProof: false },
      "ami2box:boxes": ["one", "two", "three"].map((name) => ({
        box: { name: `acme/${name}` },
        provisioning: { scripts: [`${name}.sh`] },
      })),
    });
    fs.writeFileSync(file, stringify(stackFile));
    useCheapStages(project.directory);
    for (const name of ["one", "three"]) script(name, `echo ${name}`);
    script("two", "echo no such luck >&2; exit 3");
  });

  after(async () => {
    await project?.run("destroy");
    project?.remove();
  });

  function script(name: string, line: string): void {
    fs.writeFileSync(project.path(`${name}.sh`), `#!/bin/sh\n${line}\n`);
  }

  const said = ({ stdout, stderr }: CommandOutcome): string => `${stdout}\n${stderr}`;
  const versions = (name: string): string[] => {
    const catalog = project.path("out/acme", name, "catalog.json");
    if (!fs.existsSync(catalog)) return [];
    const parsed = JSON.parse(fs.readFileSync(catalog, "utf8")) as {
      versions: { version: string }[];
    };
    return parsed.versions.map(({ version }) => version);
  };
  /** What the table says became of each box. */
  const outcomes = ({ stdout }: CommandOutcome): Record<string, string> =>
    Object.fromEntries(
      [...stdout.matchAll(/^(acme\/\S+) +\d{8}\.\d+\.0 +(\S+(?: in \S+)?)/gm)].map((row) => [
        row[1] ?? "",
        row[2] ?? "",
      ]),
    );
  /** The boxes that a stage ran for. */
  const begun = ({ stderr }: CommandOutcome): string[] =>
    ["one", "two", "three"].filter((name) =>
      new RegExp(`acme(/|--)${name}\\b.* started$`, "m").test(stderr),
    );

  it("makes and publishes the others when one fails, and tells of each in one table", async () => {
    const outcome = await project.run("box", ["--parallel", "2"]);
    assert.equal(outcome.status, 1, said(outcome));
    assert.deepEqual(
      outcomes(outcome),
      { "acme/one": "made", "acme/two": "failed in provision", "acme/three": "made" },
      said(outcome),
    );
    assert.match(outcome.stdout, /^acme\/two: provision: error: .*status 3/m);
    assert.match(outcome.stdout, /out\/acme\/one\/\d+\.0\.0\/virtualbox-amd64\.box$/m);
    assert.deepEqual(
      ["one", "two", "three"].map((name) => versions(name).length),
      [1, 0, 1],
    );
  });

  it("gives out the boxes that were made by their names", async () => {
    const { stdout } = await project.shell("pulumi stack output --json --stack local");
    const { boxes } = JSON.parse(stdout) as { boxes: Record<string, Record<string, string>> };
    assert.deepEqual(Object.keys(boxes).sort(), ["acme/one", "acme/three"]);
    assert.equal(boxes["acme/one"]?.["boxVersion"], versions("one")[0]);
    assert.match(boxes["acme/one"]?.["boxUrl"] ?? "", /^file:\/\/.*virtualbox-amd64\.box$/);
  });

  it("goes on with the box that failed, and runs no stage of the others", async () => {
    script("two", "echo two");
    const outcome = await project.run("box");
    assert.equal(outcome.status, 0, said(outcome));
    assert.deepEqual(outcomes(outcome), {
      "acme/one": "unchanged",
      "acme/two": "made",
      "acme/three": "unchanged",
    });
    assert.deepEqual(begun(outcome), ["two"]);
    assert.equal(versions("two").length, 1);
  });

  it("makes in a night only what has changed, and removes all else", async () => {
    script("three", "echo three anew");
    const outcome = await project.run("nightly", ["--stack", "local"]);
    assert.equal(outcome.status, 0, said(outcome));
    assert.deepEqual(outcomes(outcome), {
      "acme/one": "unchanged",
      "acme/two": "unchanged",
      "acme/three": "made",
    });
    assert.deepEqual(begun(outcome), ["three"]);
    assert.match(outcome.stdout, /\nnightly: 3 boxes are published: .*; all else is removed\n$/);
    assert.deepEqual(
      ["one", "two", "three"].map((name) => versions(name).length),
      [1, 1, 2],
    );
    assert.deepEqual(leftoversOf(project.directory), nothingLeft);
    const work = project.path(".ami2box", "work");
    assert.deepEqual(fs.existsSync(work) ? fs.readdirSync(work) : [], []);
  });

  it("makes nothing in a night when nothing has changed of any box", async () => {
    const outcome = await project.run("nightly", ["--stack", "local"]);
    assert.equal(outcome.status, 0, said(outcome));
    assert.match(outcome.stdout, /\nnightly: nothing has changed since 3 boxes were made/);
    assert.deepEqual(begun(outcome), []);
  });

  it("ends a night in which one fails with status 1, the others published", async () => {
    script("one", "echo one anew");
    script("two", "exit 4");
    const outcome = await project.run("nightly", ["--stack", "local"]);
    assert.equal(outcome.status, 1, said(outcome));
    assert.match(
      outcome.stdout,
      /\nnightly: 2 of 3 boxes are published, not acme\/two \(provision\); all else is removed; logs in \S+\n$/,
    );
    assert.deepEqual(
      ["one", "two", "three"].map((name) => versions(name).length),
      [2, 1, 2],
    );
    assert.deepEqual(leftoversOf(project.directory), nothingLeft);
  });
});
