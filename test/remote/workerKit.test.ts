import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { toolEntryPoints } from "../../components/stages";
import { projectRoot } from "../../ops/setup/folders";
import { makeWorkerKit } from "../../ops/workerKit";
import { makeSampleProject } from "../components/sampleProgram";

describe("a worker's kit", () => {
  const projects: string[] = [];

  function project(): string {
    const made = makeSampleProject();
    fs.symlinkSync(path.join(projectRoot(), "node_modules"), path.join(made, "node_modules"));
    projects.push(made);
    return made;
  }

  afterEach(() => {
    for (const made of projects.splice(0)) fs.rmSync(made, { recursive: true, force: true });
  });

  function unpack(root: string): string {
    const folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-kit-"));
    projects.push(folder);
    const { path: kit } = makeWorkerKit(root, toolEntryPoints);
    execFileSync("tar", ["-xzf", path.join(root, kit), "-C", folder]);
    return folder;
  }

  it("has the same digest in another checkout, whatever times and owners its files have", () => {
    const [one, other] = [project(), project()];
    fs.utimesSync(path.join(other, "scripts/run-stage.sh"), 1, 1);
    fs.chmodSync(path.join(other, "scripts/run-stage.sh"), 0o600);
    assert.equal(
      makeWorkerKit(one, toolEntryPoints).sha256,
      makeWorkerKit(other, toolEntryPoints).sha256,
    );
  });

  it("has another digest and another file when a script or a tool is edited", () => {
    const root = project();
    const first = makeWorkerKit(root, toolEntryPoints);
    assert.deepEqual(makeWorkerKit(root, toolEntryPoints), first);
    fs.appendFileSync(path.join(root, "scripts/stages/box.sh"), "# edited\n");
    const second = makeWorkerKit(root, toolEntryPoints);
    assert.notEqual(second.sha256, first.sha256);
    assert.notEqual(second.path, first.path);
    fs.writeFileSync(path.join(root, toolEntryPoints.box), 'console.log("edited");\n');
    assert.notEqual(makeWorkerKit(root, toolEntryPoints).sha256, second.sha256);
  });

  it("holds every script, to be run, and every tool", () => {
    const root = project();
    const folder = unpack(root);
    for (const file of fs.readdirSync(path.join(root, "scripts"), {
      recursive: true,
    }) as string[]) {
      const [from, to] = [root, folder].map((base) => path.join(base, "scripts", file));
      if (!fs.statSync(from!).isFile()) continue;
      assert.ok(fs.readFileSync(from!).equals(fs.readFileSync(to!)), file);
      assert.equal(fs.statSync(to!).mode & 0o777, file.endsWith(".sh") ? 0o755 : 0o644, file);
    }
    assert.deepEqual(
      fs.readdirSync(path.join(folder, "tools")).sort(),
      Object.keys(toolEntryPoints)
        .map((name) => `${name}.js`)
        .sort(),
    );
  });

  it("brings the native module where its tools find it, away from the project", () => {
    const folder = unpack(project());
    const tool = path.join(folder, "tools/try.js");
    fs.writeFileSync(tool, 'console.log(typeof require("koffi").load);\n');
    const shown = execFileSync(process.execPath, [tool], { encoding: "utf8", env: {} });
    assert.equal(shown, "function\n");
  });

  it("does without the native module where npm installed none", () => {
    const root = project();
    fs.rmSync(path.join(root, "node_modules"));
    assert.ok(!fs.existsSync(path.join(unpack(root), "node_modules")));
  });
});
