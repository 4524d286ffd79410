import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { stages, toolEntryPoints, type StageName } from "../../components/stages";
import { projectRoot } from "../../ops/setup/folders";

const root = projectRoot();
const names = Object.keys(stages) as StageName[];

/** Project files a shell script reads: those it sources, and those it runs inside the image. */
function filesNamedIn(script: string): string[] {
  const code = fs
    .readFileSync(path.join(root, script), "utf8")
    .split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n");
  const beside = /(?:\$\(dirname "\$\{BASH_SOURCE\[0\]\}"\)|\$here)"?\/([\w./-]+\.sh)/g;
  const inImage = /\/run\/ami2box\/([\w/-]+\.sh)/g;
  const files = [
    ...[...code.matchAll(beside)].map(([, file]) => path.join(path.dirname(script), file!)),
    ...[...code.matchAll(inImage)].map(([, file]) => path.join("scripts", file!)),
  ];
  return files.filter((file) => fs.existsSync(path.join(root, file)));
}

/** Those files, those they read in turn, and so on. */
function closure(script: string, found = new Set<string>()): Set<string> {
  for (const file of filesNamedIn(script)) {
    if (found.has(file)) continue;
    found.add(file);
    closure(file, found);
  }
  return found;
}

describe("the table of stages", () => {
  it("has a script for each stage, by the stage's name", () => {
    const scripts = fs.readdirSync(path.join(root, "scripts/stages"));
    assert.deepEqual(scripts.sort(), names.map((name) => `${name}.sh`).sort());
    for (const name of names) assert.equal(stages[name].name, name);
  });

  it("runs preflight first and publishes last, after the boot proof", () => {
    assert.deepEqual(names, [
      "preflight",
      "bootstrap",
      "provision",
      "raw-disk",
      "box",
      "boot-proof",
      "publish",
    ]);
  });

  for (const name of names) {
    it(`names every file that ${name} reads, so that an edit to it runs the stage again`, () => {
      const { uses } = stages[name];
      const read = [...closure(`scripts/stages/${name}.sh`), "scripts/run-stage.sh"];
      const unnamed = read.filter(
        (file) => !uses.some((entry) => file === entry || file.startsWith(`${entry}/`)),
      );
      assert.deepEqual(unnamed, []);
      for (const entry of uses) assert.ok(fs.existsSync(path.join(root, entry)), entry);
    });

    it(`hands ${name} the variables its script asks for`, () => {
      const script = fs.readFileSync(path.join(root, `scripts/stages/${name}.sh`), "utf8");
      const asked = /^stage_begin (\S+)(.*)$/m.exec(script);
      assert.equal(asked?.[1], name);
      assert.equal(asked?.[2]?.split(" ").includes("TOOL"), stages[name].tool !== undefined);
    });

    it(`bounds ${name} in time`, () => {
      const { timeLimitSeconds } = stages[name];
      assert.ok(timeLimitSeconds >= 60 && timeLimitSeconds <= 7200, String(timeLimitSeconds));
    });
  }

  it("has a source for each tool", () => {
    for (const file of Object.values(toolEntryPoints)) {
      assert.ok(fs.existsSync(path.join(root, file)), file);
    }
  });
});
