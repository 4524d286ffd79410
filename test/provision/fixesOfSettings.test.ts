import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";

import { FakeRoot, installed } from "./fakeRoot";

const networkd = "/usr/lib/systemd/system/systemd-networkd.service";

describe("fixes of an image's settings", () => {
  const roots: FakeRoot[] = [];
  function debian(files: Record<string, string> = {}): FakeRoot {
    const root = FakeRoot.debian(files);
    roots.push(root);
    return root;
  }
  afterEach(() => {
    for (const root of roots.splice(0)) root.remove();
  });

  /** A program of the image, as far as the scripts look: a file that may be executed. */
  function program(root: FakeRoot, name: string): FakeRoot {
    root.with({ [name]: "" });
    fs.chmodSync(root.path(name), 0o755);
    return root;
  }

  function repair(root: FakeRoot, fix: string, variables: Record<string, string> = {}): void {
    assert.equal(root.check(fix, variables).verdict, "fix");
    const first = root.fix(fix, variables);
    assert.equal(first.status, 0, first.stderr);
    const digest = root.digest();
    assert.deepEqual([root.fix(fix, variables).status, root.digest()], [0, digest]);
    assert.equal(root.check(fix, variables).verdict, "ok");
  }

  describe("40-kernel-command-line", () => {
    const cloudSettings = {
      "/etc/default/grub": 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX=""\n',
      "/etc/default/grub.d/10_cloud.cfg":
        'GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200 earlyprintk=ttyS0 consoleblank=0"\nGRUB_TERMINAL="console serial"\n',
      "/etc/default/grub.d/40-force-partuuid.cfg": "GRUB_FORCE_PARTUUID=ab-01\n",
    };

    /** The settings as grub-mkconfig reads them: with a plain shell, file after file. */
    function effective(root: FakeRoot, variable: string): string {
      const program =
        'for f in "$1"/etc/default/grub "$1"/etc/default/grub.d/*.cfg; do [ ! -e "$f" ] || . "$f"; done; eval "echo \\"\\$$2\\""';
      return execFileSync("sh", ["-eu", "-c", program, "sh", root.dir, variable], {
        encoding: "utf8",
      }).trim();
    }

    it("takes the serial console away and keeps every other word", () => {
      const root = debian(cloudSettings);
      repair(root, "40-kernel-command-line");
      assert.equal(
        effective(root, "GRUB_CMDLINE_LINUX"),
        "net.ifnames=0 biosdevname=0 consoleblank=0",
      );
      assert.equal(effective(root, "GRUB_CMDLINE_LINUX_DEFAULT"), "quiet");
      assert.equal(effective(root, "GRUB_TERMINAL"), "console");
      assert.equal(effective(root, "{GRUB_FORCE_PARTUUID-unset}"), "unset");
    });

    it("leaves the image's own files as they are", () => {
      const root = debian(cloudSettings);
      repair(root, "40-kernel-command-line");
      for (const [name, content] of Object.entries(cloudSettings)) {
        assert.equal(root.read(name), content);
      }
    });

    it("works in an image without any setting", () => {
      const root = debian();
      repair(root, "40-kernel-command-line");
      assert.equal(effective(root, "GRUB_CMDLINE_LINUX"), "net.ifnames=0 biosdevname=0");
    });

    it("removes the login on a serial port", () => {
      const login = "/etc/systemd/system/getty.target.wants/serial-getty@ttyS0.service";
      const root = debian({ [login]: "" });
      assert.match(root.check("40-kernel-command-line").found, /a login on a serial port/);
      repair(root, "40-kernel-command-line");
      assert.equal(root.exists(login), false);
    });

    it("appends the settings once where GRUB reads one file only", () => {
      const root = debian({ ...cloudSettings, "/etc/os-release": "ID=fedora\n" });
      repair(root, "40-kernel-command-line");
      const marks = root.read("/etc/default/grub").match(/# ami2box: the rest is read last/g);
      assert.equal(marks?.length, 1);
    });

    it("runs no shell code of the image", () => {
      const root = debian();
      root.with({ "/etc/default/grub": `touch ${root.path("/ran")}\n` });
      repair(root, "40-kernel-command-line");
      assert.equal(root.exists("/ran"), false);
    });
  });

  describe("50-network", () => {
    it("replaces netplan settings tied to a MAC address by DHCP on eth0", () => {
      const root = program(debian(), "/usr/sbin/netplan").with({
        "/etc/netplan/50-cloud-init.yaml": "network: {ethernets: {ens5: {match: {macaddress: x}}}}",
        "/usr/lib/systemd/system/systemd-resolved.service": "",
        "/etc/tmpfiles.d/ami2box-resolver.conf": "",
      });
      assert.match(
        root.check("50-network").found,
        /netplan: \/etc\/netplan\/50-cloud-init.yaml of/,
      );
      repair(root, "50-network");
      assert.deepEqual(fs.readdirSync(root.path("/etc/netplan")), ["01-ami2box.yaml"]);
      assert.match(root.read("/etc/netplan/01-ami2box.yaml"), / {4}eth0:\n {6}dhcp4: true\n/);
      assert.equal(fs.statSync(root.path("/etc/netplan/01-ami2box.yaml")).mode & 0o777, 0o600);
    });

    it("gives ifupdown eth0 when a card appears, without a wait for it at boot", () => {
      const root = program(debian(), "/usr/sbin/ifup").with({
        "/etc/network/interfaces": "auto ens5\niface ens5 inet dhcp\n",
        "/etc/network/interfaces.d/50-cloud-init": "auto ens5\n",
      });
      repair(root, "50-network");
      assert.match(
        root.read("/etc/network/interfaces"),
        /^allow-hotplug eth0\niface eth0 inet dhcp$/m,
      );
      assert.equal(root.exists("/etc/network/interfaces.d/50-cloud-init"), false);
    });

    it("gives NetworkManager a profile by name", () => {
      const old = "/etc/NetworkManager/system-connections/old.nmconnection";
      const root = debian({
        "/etc/systemd/system/multi-user.target.wants/NetworkManager.service": "",
        [old]: "[ethernet]\nmac-address=00:11\n",
      });
      repair(root, "50-network");
      assert.equal(root.exists(old), false);
      assert.match(root.read(old.replace("old", "eth0")), /^interface-name=eth0$/m);
    });

    it("sees that systemd-networkd is there but not in use", () => {
      assert.deepEqual(debian({ [networkd]: "" }).check("50-network"), {
        found:
          "systemd-networkd: no DHCP on eth0, systemd-networkd not enabled, no name server from DHCP",
        verdict: "fix",
        remedy: "DHCP on eth0 and nothing else",
      });
    });

    it("removes names given to cards by MAC address", () => {
      const link = "/etc/systemd/network/70-lan.link";
      const root = program(debian({ [link]: "[Match]\nMACAddress=00:11\n" }), "/usr/sbin/ifup");
      repair(root, "50-network");
      assert.equal(root.exists(link), false);
    });

    it("refuses an image in which nothing manages the network", () => {
      assert.equal(debian().check("50-network").verdict, "refuse");
    });
  });

  describe("60-cloud-init", () => {
    it("lets cloud-init run only for a disk of settings, and removes what it wrote", () => {
      const written = ["/etc/sudoers.d/90-cloud-init-users", "/etc/netplan/50-cloud-init.yaml"];
      const root = debian({
        "/usr/bin/cloud-init": "",
        "/etc/cloud/cloud.cfg": "datasource_list: [Ec2]\n",
        ...Object.fromEntries(written.map((name) => [name, "x"])),
      });
      repair(root, "60-cloud-init");
      const settings = root.read("/etc/cloud/cloud.cfg.d/99-ami2box.cfg");
      assert.match(settings, /^datasource_list: \[NoCloud, ConfigDrive\]$/m);
      assert.match(settings, /^network: \{config: disabled\}$/m);
      assert.match(root.read("/etc/cloud/ds-identify.cfg"), /notfound=disabled/);
      for (const name of written) assert.equal(root.exists(name), false);
    });

    it("has nothing to do where cloud-init is absent", () => {
      assert.equal(debian().check("60-cloud-init").found, "no cloud-init");
    });
  });

  it("80-automatic-updates switches unattended updates off, and only where they are on", () => {
    const on = 'APT::Periodic::Unattended-Upgrade "1";\n';
    const root = debian({ "/etc/apt/apt.conf.d/20auto-upgrades": on });
    repair(root, "80-automatic-updates");
    assert.equal(root.read("/etc/apt/apt.conf.d/20auto-upgrades"), on);
    assert.equal(debian().check("80-automatic-updates").verdict, "ok");
  });

  it("85-cloud-agents names agents by package and by unit, and masks the units", () => {
    const unit = "/etc/systemd/system/snap.amazon-ssm-agent.amazon-ssm-agent.service";
    const root = debian(installed("ec2-instance-connect"));
    assert.equal(root.check("85-cloud-agents").found, "ec2-instance-connect");
    const snap = debian({ [unit]: "" });
    repair(snap, "85-cloud-agents");
    assert.equal(fs.readlinkSync(snap.path(unit)), "/dev/null");
  });

  it("90-cloud-users finds the account that cloud-init's settings call the default", () => {
    const settings =
      "system_info:\n  distro: debian\n  default_user:\n    name: admin\n    gecos: x\n";
    const files = { "/etc/cloud/cloud.cfg": settings, "/etc/shadow": "" };
    const root = debian({ ...files, "/etc/passwd": "admin:x:1000:1000::/home/admin:/bin/sh\n" });
    assert.equal(root.check("90-cloud-users").found, "account admin");
    const without = debian({ ...files, "/etc/passwd": "adm:x:3:4::/:/bin/sh\n" });
    assert.equal(without.check("90-cloud-users").verdict, "ok");
  });
});
