import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { toolEntryPoints } from "../../components/stages";
import { projectRoot } from "../../ops/setup/folders";
import { bundleTool } from "../../ops/toolBundle";

describe("bundleTool", () => {
  let project: string;

  beforeEach(() => {
    project = fs.mkdtempSync(path.join(tmpdir(), "ami2box-bundle-"));
    write("tool.ts", `import { word } from "./deep/word";\nconsole.log(word satisfies string);\n`);
    write("deep/word.ts", `export const word: string = "hello";\n`);
  });
  afterEach(() => fs.rmSync(project, { recursive: true, force: true }));

  function write(file: string, text: string): void {
    fs.mkdirSync(path.join(project, path.dirname(file)), { recursive: true });
    fs.writeFileSync(path.join(project, file), text);
  }

  it("makes one file that plain Node.js runs, away from its sources", () => {
    const bundle = bundleTool(project, "tool", "tool.ts");
    assert.equal(bundle.path, ".ami2box/tools/tool.js");
    const alone = path.join(project, "alone.js");
    fs.renameSync(path.join(project, bundle.path), alone);
    fs.rmSync(path.join(project, "deep"), { recursive: true });
    assert.equal(execFileSync(process.execPath, [alone], { encoding: "utf8" }), "hello\n");
  });

  it("has another digest when a source of it changes, and the same when none does", () => {
    const first = bundleTool(project, "tool", "tool.ts");
    assert.deepEqual(bundleTool(project, "tool", "tool.ts"), first);
    write("unrelated.ts", "export {};");
    write("deep/word.ts", `/* A note. */\nexport const word: string = "hello";\n`);
    assert.deepEqual(bundleTool(project, "tool", "tool.ts"), first);
    write("deep/word.ts", `export const word: string = "bye";\n`);
    assert.notEqual(bundleTool(project, "tool", "tool.ts").sha256, first.sha256);
  });

  it("has the same digest in another folder", () => {
    const first = bundleTool(project, "tool", "tool.ts");
    const copy = fs.mkdtempSync(path.join(tmpdir(), "ami2box-bundle-"));
    fs.cpSync(project, copy, { recursive: true });
    const second = bundleTool(copy, "tool", "tool.ts");
    fs.rmSync(copy, { recursive: true });
    assert.deepEqual(second, first);
  });

  it("leaves a bundle that has not changed alone: a stage may be reading it", () => {
    const file = path.join(project, bundleTool(project, "tool", "tool.ts").path);
    const before = fs.statSync(file, { bigint: true });
    bundleTool(project, "tool", "tool.ts");
    const after = fs.statSync(file, { bigint: true });
    assert.deepEqual([after.ino, after.mtimeNs], [before.ino, before.mtimeNs]);
  });

  it("replaces one that has changed as a whole and leaves nothing beside it", () => {
    const file = path.join(project, bundleTool(project, "tool", "tool.ts").path);
    const before = fs.statSync(file).ino;
    const opened = fs.openSync(file, "r");
    write("deep/word.ts", `export const word: string = "bye";\n`);
    bundleTool(project, "tool", "tool.ts");
    assert.notEqual(fs.statSync(file).ino, before);
    assert.ok(fs.readFileSync(opened, "utf8").includes("hello"));
    fs.closeSync(opened);
    assert.deepEqual(fs.readdirSync(path.dirname(file)), ["tool.js"]);
  });

  for (const [name, entryPoint] of Object.entries(toolEntryPoints)) {
    it(`bundles ${name} so that it starts without the project's packages`, () => {
      const copy = path.join(project, "real");
      for (const folder of ["formats", "ops", "components", "settings"]) {
        fs.cpSync(path.join(projectRoot(), folder), path.join(copy, folder), { recursive: true });
      }
      const packages = path.join(copy, "node_modules");
      fs.symlinkSync(path.join(projectRoot(), "node_modules"), packages);
      const bundle = path.join(copy, bundleTool(copy, name, entryPoint).path);
      fs.rmSync(packages);
      const refused = /^[a-z-]+: error: .*(missing|not set): /;
      assert.throws(
        () =>
          execFileSync(process.execPath, [bundle], { encoding: "utf8", stdio: "pipe", env: {} }),
        ({ status, stderr }: { status: number; stderr: string }) =>
          status === 1 && refused.test(stderr),
      );
    });
  }
});
