import assert from "node:assert/strict";
import * as path from "node:path";

import { projectDirectory } from "../support/stageRun";
import { DebianWork, rootUuid } from "./debianWork";

const minutes = 60_000;

interface Upgrade {
  readonly before: string;
  readonly after: string;
  readonly upgradeSeconds: number;
  readonly state: string;
  readonly vboxsf: boolean;
  readonly choices: { readonly guestAdditions: string };
  readonly firmware: string;
  readonly commandLine: string;
  readonly loaders: string;
}

/**
 * A real guest, made with a kernel that is not the newest, upgrades itself from Debian's archive and starts
 * again. Takes several minutes under emulation, so `npm run test:upgrade` runs it, and `npm test` does not.
 */
describe("a guest after apt-get upgraded its kernel and its boot loader", function () {
  this.timeout(20 * minutes);
  this.bail(true);

  let work: DebianWork;
  before(() => {
    work = new DebianWork();
  });
  after(() => work.remove());

  function upgrade(firmware: "bios" | "efi"): Upgrade {
    work.provision({
      FIRMWARE: firmware,
      GUEST_ADDITIONS: "auto",
      USER_SCRIPTS: path.join(projectDirectory, "test/upgrade/older-kernel.sh"),
    });
    const disk = { DISK: work.makeDisk(firmware), FIRMWARE: firmware };
    const result = JSON.parse(work.run(["test/upgrade/upgrade.sh"], disk)) as Upgrade;
    console.log(`      ${result.before} to ${result.after} in ${result.upgradeSeconds} s`);
    return result;
  }

  function assertSound(result: Upgrade): void {
    assert.notEqual(result.after, result.before);
    assert.match(
      result.commandLine,
      new RegExp(`vmlinuz-${result.after}.* root=UUID=${rootUuid} `),
    );
    assert.match(result.commandLine, / net\.ifnames=0 /);
    assert.equal(result.state, "running");
    assert.equal(result.choices.guestAdditions, "in-tree");
    assert.ok(result.vboxsf, "the new kernel has no vboxsf");
  }

  it("runs the new kernel from the BIOS, with shared folders as before", () => {
    const result = upgrade("bios");
    assertSound(result);
    assert.equal(result.firmware, "bios");
  });

  it("runs the new kernel from EFI, whose loaders the package has renewed", () => {
    const result = upgrade("efi");
    assertSound(result);
    assert.equal(result.firmware, "efi");
    assert.match(result.loaders, /EFI\/BOOT\/BOOTX64\.EFI/i);
    assert.match(result.loaders, /EFI\/debian\/grubx64\.efi/i);
  });
});
