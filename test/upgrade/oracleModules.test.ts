import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { projectDirectory } from "../support/stageRun";
import { DebianWork } from "./debianWork";

/** Real dkms, compiler and headers; the modules are a stand-in's. Apart from `npm test` for its time. */
describe("VirtualBox's own modules in a guest", function () {
  this.timeout(10 * 60_000);

  let work: DebianWork;
  before(() => {
    work = new DebianWork();
  });
  after(() => work.remove());

  it("are compiled for the guest's kernel, whatever kernel runs here, and will be for the next", () => {
    work.provision({
      GUEST_ADDITIONS: "oracle",
      USER_SCRIPTS: path.join(projectDirectory, "test/upgrade/oracle-archive.sh"),
    });
    const root = path.join(work.directory, "provision/root");
    const record = JSON.parse(
      fs.readFileSync(path.join(root, "usr/share/ami2box/choices.json"), "utf8"),
    ) as { guestAdditions: string; kernels: [string] };
    assert.equal(record.guestAdditions, "oracle");
    const modules = path.join(root, "usr/lib/modules", record.kernels[0]);
    for (const name of ["vboxguest", "vboxsf"]) {
      assert.ok(fs.existsSync(path.join(modules, `updates/dkms/${name}.ko`)), name);
    }
    const packages = fs.readFileSync(path.join(work.directory, "packages.tsv"), "utf8");
    for (const name of ["dkms", "linux-headers-amd64", `linux-headers-${record.kernels[0]}`]) {
      assert.match(packages, new RegExp(`^${name}\t`, "m"));
    }
  });
});
