import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { parsePackages } from "../../ops/report/guestData";
import { projectDirectory } from "../support/stageRun";

const status = `Package: zlib1g
Status: install ok installed
Multi-Arch: same
Architecture: amd64
Version: 1:1.2.13.dfsg-1
Description: compression library
 Package: not a field but a line of the description
 .
 Version: neither

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 2.0

Package: half
Status: install ok half-configured
Architecture: amd64
Version: 3.0

Package: adduser
Status: hold ok installed
Architecture: all
Version: 3.134
`;

describe("list of packages in a root", () => {
  let root: string;
  beforeEach(() => {
    root = fs.mkdtempSync(path.join(tmpdir(), "ami2box-packages-"));
  });
  afterEach(() => fs.rmSync(root, { recursive: true }));

  const list = (): string =>
    execFileSync("bash", ["-c", '. scripts/lib/package-list.sh; list_packages "$1"', "-", root], {
      cwd: projectDirectory,
      encoding: "utf8",
    });

  it("has what dpkg has installed, sorted, with versions as dpkg writes them", () => {
    fs.mkdirSync(path.join(root, "var/lib/dpkg"), { recursive: true });
    fs.writeFileSync(path.join(root, "var/lib/dpkg/status"), status);
    assert.deepEqual(parsePackages(list()), [
      { name: "adduser", version: "3.134", architecture: "all" },
      { name: "zlib1g", version: "1:1.2.13.dfsg-1", architecture: "amd64" },
    ]);
  });

  it("is empty where there is no package manager that it knows", () => {
    assert.equal(list(), "");
  });
});
