import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { projectVersion } from "../../settings/projectVersion";

describe("projectVersion", () => {
  let folder: string;
  const write = (file: string, content: string): void => {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), content);
  };
  const git = (...args: string[]): string => {
    const author = ["-c", "user.name=Test", "-c", "user.email=test@example.org"];
    return execFileSync("git", ["-C", folder, ...author, ...args], { encoding: "utf8" }).trim();
  };
  const commit = (): string => {
    git("add", "--all");
    git("commit", "--quiet", "--message", "Change something");
    return git("rev-parse", "HEAD");
  };

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-version-"));
    write("scripts/stage.sh", "one\n");
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it("is the project's version alone where there is no checkout", () => {
    const { version } = JSON.parse(fs.readFileSync("package.json", "utf8")) as { version: string };
    assert.deepEqual(projectVersion(folder, ["scripts"]), { ami2box: version });
  });

  it("names the last commit that changed what decides a box, and no later one", () => {
    git("init", "--quiet");
    const decided = commit();
    write("README.md", "other\n");
    commit();
    assert.equal(projectVersion(folder, ["scripts"])["gitCommit"], decided);
  });

  it("says so when files differ from the commit", () => {
    git("init", "--quiet");
    const decided = commit();
    write("scripts/new.sh", "new\n");
    assert.equal(projectVersion(folder, ["scripts"])["gitCommit"], `${decided} with local changes`);
  });

  it("names no commit of a checkout that the project merely lies in", () => {
    git("init", "--quiet");
    commit();
    fs.mkdirSync(path.join(folder, "copy/scripts"), { recursive: true });
    assert.equal(projectVersion(path.join(folder, "copy"), ["scripts"])["gitCommit"], undefined);
  });
});
