import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { toolEntryPoints } from "../../components/stages";
import { bundleTool } from "../../ops/toolBundle";
import type { Finding } from "../../ops/report/reportData";
import { makeDisk, makeRootTree } from "../support/diskFixtures";
import { leftoversOf, nothingLeft } from "../support/leftovers";
import { projectDirectory, runStage, type StageOutcome } from "../support/stageRun";

const release = "6.8.5-301.fc40.x86_64";
const modules = `usr/lib/modules/${release}`;

/** A stand-in for the root of a Fedora in a cloud: the files that the preflight reads, made up. No program runs. */
const files: Readonly<Record<string, string>> = {
  "usr/lib/os-release": 'ID=fedora\nVERSION_ID=40\nVARIANT_ID="cloud"\n',
  // As in Fedora's kernels, disks are driven by what is built in; only network cards are modules.
  [`${modules}/modules.builtin`]:
    "kernel/drivers/ata/ahci.ko\nkernel/drivers/scsi/sd_mod.ko\nkernel/fs/ext4/ext4.ko\n",
  [`${modules}/modules.dep`]: "kernel/drivers/net/ethernet/intel/e1000/e1000.ko.xz:\n",
  [`boot/vmlinuz-${release}`]: "kernel",
  [`boot/initramfs-${release}.img`]: "initramfs",
  [`boot/loader/entries/4f3c-${release}.conf`]: `title Fedora\nlinux /vmlinuz-${release}\noptions root=UUID=9a8b ro console=ttyS0\n`,
  "boot/grub2/grub.cfg": "blscfg\n",
  "etc/default/grub":
    'GRUB_CMDLINE_LINUX="no_timer_check console=tty1 console=ttyS0,115200n8"\nGRUB_ENABLE_BLSCFG=true\n',
  "etc/dracut.conf.d/50-cloud.conf": 'hostonly="yes"\n',
  "etc/fstab": "UUID=9a8b / xfs defaults 0 0\nUUID=77aa /boot ext4 defaults 0 0\n",
  "etc/selinux/config": "SELINUX=enforcing\n",
  "etc/sysconfig/network-scripts/ifcfg-eth0": "DEVICE=eth0\nHWADDR=0E:11:22:33:44:55\n",
  "etc/NetworkManager/system-connections/cloud-init-eth0.nmconnection":
    "[ethernet]\nmac-address=0E:11:22:33:44:55\n",
  "etc/systemd/system/multi-user.target.wants/NetworkManager.service": "",
  "etc/cloud/cloud.cfg": "system_info:\n  default_user:\n    name: fedora\n",
  "usr/bin/cloud-init": "",
  "etc/passwd": "root:x:0:0::/root:/bin/bash\nfedora:x:1000:1000::/home/fedora:/bin/bash\n",
};

describe("the preflight of a system laid out as Fedora's in a cloud", function () {
  this.timeout(60_000);
  let scratch: string;
  let tool: string;

  before(() => {
    tool = path.join(
      projectDirectory,
      bundleTool(projectDirectory, "publish", toolEntryPoints.publish).path,
    );
    scratch = fs.mkdtempSync(path.join(tmpdir(), "ami2box-fedora-"));
    const root = makeRootTree(path.join(scratch, "root"));
    for (const [name, content] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      fs.writeFileSync(path.join(root, name), content);
    }
    makeDisk(path.join(scratch, "disk.raw"), { table: "gpt", partitions: [{ tree: root }] });
  });
  afterEach(() => assert.deepEqual(leftoversOf(scratch), nothingLeft));
  after(() => fs.rmSync(scratch, { recursive: true, force: true }));

  function preflight(variables: Record<string, string> = {}): StageOutcome {
    return runStage("preflight", {
      WORK_DIR: path.join(scratch, "work"),
      PUBLISH_DIR: path.join(scratch, "out"),
      BOXES: '[{"provider":"virtualbox","architecture":"amd64"}]',
      TOOL: tool,
      BOX_NAME: "demo",
      BOX_VERSION: "1.0.0",
      RECIPE: "abc",
      DISK_BYTES: String(4 * 2 ** 30),
      SOURCE_TYPE: "image",
      IMAGE: path.join(scratch, "disk.raw"),
      IMAGE_FORMAT: "raw",
      ...variables,
    });
  }

  it("names what will be done about each thing that belongs to the cloud", () => {
    const outcome = preflight();
    assert.equal(outcome.status, 0, outcome.stderr);
    const { checks } = JSON.parse(outcome.stdout) as { checks: Finding[] };
    const verdicts = new Map(checks.map((each) => [each.check, each.verdict]));
    const found = new Map(checks.map((each) => [each.check, each.found]));
    assert.equal(found.get("system"), "fedora 40 (redhat family)");
    assert.deepEqual([verdicts.get("kernel"), found.get("kernel")], ["ok", release]);
    assert.equal(found.get("boot-loader"), "redhat family: extlinux starts the newest kernel");
    for (const [name, of] of [
      ["fstab", /entries of another disk for .*\/boot/],
      ["kernel-command-line", /serial console/],
      ["network", /^NetworkManager: .*cloud-init-eth0\.nmconnection.* of another machine/],
      ["cloud-init", /looks for a cloud/],
      ["initramfs", /only for the machine they are made on/],
      ["cloud-users", /^account fedora$/],
    ] as const) {
      assert.equal(verdicts.get(name), "fix", name);
      assert.match(found.get(name) ?? "", of, name);
    }
    assert.match(found.get("network") ?? "", /ifcfg-eth0/);
  });

  it("refuses it a box for EFI, whose loader its GRUB would not be found to make", () => {
    const outcome = preflight({ FIRMWARE: "efi" });
    assert.equal(outcome.status, 1);
    assert.deepEqual(outcome.errors, [
      "redhat family: no grub-mkimage, which makes the loader for EFI; set box.firmware to bios, or give an image that has it",
    ]);
  });
});
