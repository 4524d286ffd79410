import { strict as assert } from "node:assert";
import * as fs from "node:fs";

import { FakeRoot, installed, kernel } from "./fakeRoot";

const cloudKernel = kernel("6.1.0-1-cloud-amd64", ["sd_mod", "ext4", "nvme"]);

describe("fixes of foreign images", () => {
  const roots: FakeRoot[] = [];
  function debian(files: Record<string, string> = {}): FakeRoot {
    const root = FakeRoot.debian(files);
    roots.push(root);
    return root;
  }
  afterEach(() => {
    for (const root of roots.splice(0)) root.remove();
  });

  /** Applies a fix twice; the second time must change nothing, and check must then be content. */
  function repair(root: FakeRoot, fix: string, variables: Record<string, string> = {}): void {
    assert.equal(root.check(fix, variables).verdict, "fix");
    const first = root.fix(fix, variables);
    assert.equal(first.status, 0, first.stderr);
    const digest = root.digest();
    const second = root.fix(fix, variables);
    assert.deepEqual([second.status, second.stderr], [0, ""]);
    assert.equal(root.digest(), digest, "the second run changed something");
    assert.equal(root.check(fix, variables).verdict, "ok");
  }

  const names = fs
    .readdirSync("scripts/fixes")
    .filter((name) => /^\d/.test(name))
    .map((name) => name.replace(/\.sh$/, ""));

  for (const name of names.filter((name) => name !== "70-initramfs")) {
    it(`${name} checks without changing anything`, () => {
      const root = debian({ ...cloudKernel, "/etc/netplan/50-cloud-init.yaml": "" });
      const digest = root.digest();
      assert.match(root.check(name).verdict, /^(ok|fix|refuse)$/);
      assert.equal(root.digest(), digest);
    });

    it(`${name} refuses a verb it does not know`, () => {
      const outcome = debian().run(`fixes/${name}.sh`, ["repair"], {});
      assert.equal(outcome.status, 1);
      assert.match(outcome.stderr, /expected check or fix, got 'repair'/);
    });
  }

  describe("10-kernel", () => {
    it("finds fault with the kernel that lacks drivers alone, whichever comes first", () => {
      for (const general of ["5.0.0-1-amd64", "6.9.0-1-amd64"]) {
        const root = debian({
          ...cloudKernel,
          ...kernel(general, ["ahci", "sd_mod", "e1000", "ext4"]),
        });
        fs.rmSync(root.path("/lib/modules/6.1.0-1-amd64"), { recursive: true });
        assert.equal(root.check("10-kernel").found, "6.1.0-1-cloud-amd64 lacks ahci, e1000");
      }
    });

    it("is content with a general kernel, also with compressed or built-in drivers", () => {
      const root = debian({
        "/lib/modules/6.1.0-1-amd64/modules.dep": "kernel/ahci.ko.xz:\nkernel/e1000.ko.zst: a\n",
        "/lib/modules/6.1.0-1-amd64/modules.builtin": "kernel/sd_mod.ko\nkernel/ext4.ko\n",
      });
      assert.deepEqual(root.check("10-kernel"), {
        found: "6.1.0-1-amd64",
        verdict: "ok",
        remedy: "",
      });
    });

    it("wants the general kernel in place of a cloud's", () => {
      assert.deepEqual(debian(cloudKernel).check("10-kernel"), {
        found: "6.1.0-1-cloud-amd64 lacks ahci, e1000",
        verdict: "fix",
        remedy: "install linux-image-amd64, remove what lacks them",
      });
    });

    it("names Ubuntu's general kernel on Ubuntu", () => {
      const root = debian({ ...cloudKernel, "/etc/os-release": "ID=ubuntu\nID_LIKE=debian\n" });
      assert.match(root.check("10-kernel").remedy, /^install linux-image-virtual,/);
    });

    it("does not take a driver whose name only ends alike for the one it looks for", () => {
      const root = debian(kernel("6.1.0-1-amd64", ["libahci", "sd_mod", "e1000e", "ext4"]));
      assert.match(root.check("10-kernel").found, /lacks ahci, e1000$/);
    });

    it("refuses a Red Hat family kernel without the drivers", () => {
      const root = debian({ ...cloudKernel, "/etc/os-release": 'ID="amzn"\nID_LIKE="fedora"\n' });
      assert.equal(root.check("10-kernel").verdict, "refuse");
      const outcome = root.fix("10-kernel");
      assert.equal(outcome.status, 1);
      assert.match(
        outcome.stderr,
        /lacks ahci, e1000; give an image whose kernel has the drivers, or set .*skipFixes/,
      );
    });
  });

  describe("20-boot-loader", () => {
    const answers = (value: string): Record<string, string> => ({
      "/var/cache/debconf/config.dat": `Name: other/question\nValue: no\n\nName: grub-pc/install_devices\nTemplate: x\nValue: ${value}\nOwners: grub-pc\n`,
    });

    it("wants grub-pc where it is missing", () => {
      assert.equal(debian().check("20-boot-loader").remedy, "install grub-pc");
    });

    it("wants /dev/sda recorded as GRUB's disk", () => {
      const files = { ...installed("grub-pc"), ...answers("/dev/disk/by-id/nvme-ebs") };
      assert.deepEqual(debian(files).check("20-boot-loader"), {
        found: "grub-pc has install_devices '/dev/disk/by-id/nvme-ebs'",
        verdict: "fix",
        remedy: "record /dev/sda",
      });
    });

    it("is content when both are there", () => {
      const root = debian({ ...installed("grub-pc"), ...answers("/dev/sda") });
      assert.equal(root.check("20-boot-loader").verdict, "ok");
    });

    it("wants the files of the other GRUB for either firmware, and both upgrades answered for EFI", () => {
      const remedy = (root: FakeRoot, firmware: string): string =>
        root.check("20-boot-loader", { AMI2BOX_FIRMWARE: firmware }).remedy;
      const files = { ...installed("grub-pc"), ...answers("/dev/sda") };
      assert.equal(remedy(debian(files), "both"), "install grub-efi-amd64-bin");
      assert.equal(remedy(debian(files), "efi"), "install grub-efi-amd64, grub-pc-bin");
      const efi = debian(installed("grub-efi-amd64", "grub-pc-bin"));
      assert.equal(
        efi.check("20-boot-loader", { AMI2BOX_FIRMWARE: "efi" }).found,
        "grub-efi-amd64 grub-pc-bin has force_efi_extra_removable '', update_nvram ''",
      );
    });
  });

  describe("30-fstab", () => {
    const cloudTable = [
      "# a comment",
      "LABEL=cloudimg-rootfs / ext4 discard,errors=remount-ro 0 1",
      "PARTUUID=ab-01 /boot/efi vfat umask=0077 0 0",
      "/dev/nvme1n1 /data xfs nofail 0 2",
      "fs-1.efs.eu-west-1.amazonaws.com:/ /efs nfs4 _netdev 0 0",
      "/dev/xvdb none swap sw 0 0",
      "/swapfile none swap sw 0 0",
      "tmpfs /scratch tmpfs size=10m 0 0",
      "/srv/a /srv/b none bind 0 0",
      "",
    ].join("\n");

    it("leaves only the root by its new UUID and what needs no disk", () => {
      const root = debian({ "/etc/fstab": cloudTable });
      repair(root, "30-fstab", { ROOT_UUID: "1234-abcd" });
      assert.deepEqual(root.read("/etc/fstab").split("\n"), [
        "UUID=1234-abcd\t/\text4\terrors=remount-ro\t0\t1",
        "# a comment",
        "/swapfile none swap sw 0 0",
        "tmpfs /scratch tmpfs size=10m 0 0",
        "/srv/a /srv/b none bind 0 0",
        "",
      ]);
    });

    it("names the mount points of another disk", () => {
      const root = debian({ "/etc/fstab": cloudTable });
      const { found } = root.check("30-fstab", { ROOT_UUID: "1" });
      for (const place of ["/boot/efi", "/data", "/efs"]) assert.ok(found.includes(place), found);
    });

    it("writes the table of an image that has none", () => {
      for (const files of [{}, { "/etc/fstab": "# UNCONFIGURED FSTAB FOR BASE SYSTEM\n" }]) {
        const root = debian(files);
        repair(root, "30-fstab");
        assert.equal(root.read("/etc/fstab"), "/dev/sda1\t/\text4\terrors=remount-ro\t0\t1\n");
      }
    });

    it("keeps the EFI system partition at hand where the box has one", () => {
      const root = debian({ "/etc/fstab": cloudTable });
      repair(root, "30-fstab", { ROOT_UUID: "1234-abcd", ESP_UUID: "2F6B-7D0E" });
      assert.match(
        root.read("/etc/fstab"),
        /^UUID=1234-abcd\t\/\text4.*\nUUID=2F6B-7D0E\t\/boot\/efi\tvfat\tumask=0077,nofail\t0\t0\n/,
      );
      assert.ok(root.exists("/boot/efi"));
    });
  });
});
