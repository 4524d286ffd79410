import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { leftoversOf, nothingLeft } from "../support/leftovers";
import { projectDirectory } from "../support/stageRun";

describe("mount_writable", () => {
  const folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-writable-"));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it("mounts a disk for writing, also on a loop device that has been read-only, and leaves none", () => {
    const steps = `
      set -e
      source '${projectDirectory}/scripts/lib/stage.sh'
      truncate -s 10M disk && mke2fs -q -F -E offset=1048576 disk 8M
      mkdir at
      losetup --detach "$(losetup --find --show --read-only disk)"
      mount_writable disk 1048576 at
      echo written >at/file
      umount at
      debugfs -R 'cat /file' "disk?offset=1048576" 2>/dev/null`;
    const { status, stdout, stderr } = spawnSync("unshare", ["--mount", "bash", "-c", steps], {
      cwd: folder,
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    assert.equal(stdout, "written\n");
    assert.deepEqual(leftoversOf(folder), nothingLeft);
  });
});
