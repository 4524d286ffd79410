import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";

import { listFixes } from "../../settings/fixNames";
import { FakeRoot, installed, kernel, runScript } from "./fakeRoot";

const record = "/usr/share/ami2box/choices.json";
const rule = "/etc/modprobe.d/ami2box-vboxsf.conf";

describe("scripts that make a guest", () => {
  const roots: FakeRoot[] = [];
  function debian(files: Record<string, string> = {}): FakeRoot {
    const root = FakeRoot.debian({ ...installed("rsync"), ...files });
    roots.push(root);
    return root;
  }
  afterEach(() => {
    for (const root of roots.splice(0)) root.remove();
  });

  it("name all missing variables at once", () => {
    const outcome = runScript("provision/common.sh", [], {});
    assert.equal(outcome.status, 1);
    assert.match(outcome.stderr, /not set: AMI2BOX_MODE AMI2BOX_ACCESS;/);
  });

  it("refuse a value they do not know", () => {
    const outcome = runScript("provision/common.sh", [], {
      AMI2BOX_MODE: "chroot",
      AMI2BOX_ACCESS: "open",
    });
    assert.equal(outcome.status, 1);
    assert.match(outcome.stderr, /AMI2BOX_ACCESS is 'open'; allowed: public private/);
  });

  it("ask for a key when access is private", () => {
    const outcome = runScript("provision/common.sh", [], {
      AMI2BOX_MODE: "chroot",
      AMI2BOX_ACCESS: "private",
    });
    assert.match(outcome.stderr, /not set: AMI2BOX_AUTHORIZED_KEY;/);
  });

  it("refuse a system of another family by its name", () => {
    const root = debian({ "/etc/os-release": "ID=alpine\n" });
    const outcome = root.run("provision/prepare.sh", [], {});
    assert.equal(outcome.status, 1);
    assert.match(
      outcome.stderr,
      /unsupported system 'alpine'; supported are the Debian and the Red/,
    );
  });

  it("refuse a system without systemd", () => {
    const root = debian();
    fs.rmSync(root.path("/usr/lib/systemd/systemd"));
    const outcome = root.run("provision/prepare.sh", [], {});
    assert.equal(outcome.status, 1);
    assert.match(outcome.stderr, /it has no systemd/);
  });

  describe("guest-additions.sh", () => {
    const additions = (root: FakeRoot, wish: string): ReturnType<FakeRoot["run"]> =>
      root.run("provision/guest-additions.sh", [], { AMI2BOX_GUEST_ADDITIONS: wish });

    it("takes the kernel's own modules when there are any, and records it", () => {
      const root = debian();
      const outcome = additions(root, "auto");
      assert.equal(outcome.status, 0, outcome.stderr);
      assert.deepEqual(JSON.parse(root.read(record)), {
        guestAdditions: "in-tree",
        sharedFolder: "virtualbox",
        kernels: ["6.1.0-1-amd64"],
        reason: "",
      });
      assert.equal(root.read(rule), "softdep vboxguest post: vboxsf\n");
    });

    it("takes rsync when one of the kernels lacks a module", () => {
      const root = debian(kernel("6.1.0-2-amd64", ["ahci", "vboxguest"]));
      assert.equal(additions(root, "auto").status, 0);
      assert.deepEqual(JSON.parse(root.read(record)), {
        guestAdditions: "none",
        sharedFolder: "rsync",
        kernels: ["6.1.0-1-amd64", "6.1.0-2-amd64"],
        reason:
          "the kernel has no vboxsf in 6.1.0-2-amd64; none of the image's package archives has virtualbox-guest-dkms, the source of VirtualBox's modules",
      });
    });

    it("undoes the earlier choice when run with another", () => {
      const root = debian();
      additions(root, "auto");
      assert.equal(additions(root, "none").status, 0);
      assert.equal(root.exists(rule), false);
      assert.match(root.read(record), /"sharedFolder":"rsync"/);
    });

    it("fails when modules are demanded that are not there", () => {
      const root = debian(kernel("6.1.0-2-amd64", ["vboxguest"]));
      const outcome = additions(root, "in-tree");
      assert.equal(outcome.status, 1);
      assert.match(outcome.stderr, /the kernel has no vboxsf in 6\.1\.0-2-amd64/);
      assert.equal(root.exists(record), false);
    });

    it("fails when VirtualBox's are demanded and cannot be had, with the reason", () => {
      const root = debian();
      const outcome = additions(root, "oracle");
      assert.equal(outcome.status, 1);
      assert.match(
        outcome.stderr,
        /'oracle': none of the image's package archives has virtualbox-guest-dkms, .*; add an archive that has it in a --provision script, or use auto/,
      );
      assert.equal(root.exists(record), false);
    });

    it("fails without a kernel", () => {
      const root = debian();
      fs.rmSync(root.path("/lib/modules"), { recursive: true });
      assert.match(additions(root, "auto").stderr, /no kernel in \/lib\/modules/);
    });
  });

  describe("the vendored keys", () => {
    // Fingerprints of hashicorp/vagrant's keys/vagrant.pub and keys/vagrant.pub.ed25519.
    for (const [kind, fingerprint] of [
      ["rsa", "SHA256:1M4RzhMyWuFS/86uPY/ce2prh/dVTHW7iD2RhpquOZA"],
      ["ed25519", "SHA256:WkvqjnyPAeC0cbPErYiGP9vqHdgL1MqqvPdIe3lvHgI"],
    ] as const) {
      const file = `scripts/provision/files/vagrant-insecure-${kind}.pub`;

      it(`are Vagrant's insecure public keys: ${kind}`, () => {
        const { stdout } = spawnSync("ssh-keygen", ["-l", "-f", file], { encoding: "utf8" });
        assert.ok(stdout.includes(fingerprint), stdout);
      });

      it(`are the line that Vagrant looks for when it replaces them: ${kind}`, () => {
        assert.match(
          fs.readFileSync(file, "utf8"),
          new RegExp(`^ssh-${kind} [A-Za-z0-9+/=]+ vagrant insecure public key\\n$`),
        );
      });
    }
  });

  describe("the guest checks", () => {
    const script = fs
      .readdirSync("scripts/guest-checks")
      .sort()
      .map((file) => fs.readFileSync(`scripts/guest-checks/${file}`, "utf8"))
      .join("");
    const titles = [...script.matchAll(/^(?:fix=[a-z-]+ )?check "((?:\\.|[^"\\])+)"/gm)].map(
      ([, title]) => title,
    );

    it("are many, each with a title of its own", () => {
      assert.ok(titles.length >= 70, String(titles.length));
      assert.equal(new Set(titles).size, titles.length);
    });

    it("name the fix that looks after what they check, where one does", () => {
      const named = [...script.matchAll(/^fix=([a-z-]+) check /gm)].map(([, fix]) => fix!);
      const fixes = listFixes(".");
      assert.ok(new Set(named).size >= 7, named.join(" "));
      for (const fix of named) assert.ok(fixes.includes(fix), fix);
    });

    it("do nothing on a machine that is no box", () => {
      const outcome = spawnSync("bash", { input: script, encoding: "utf8" });
      assert.equal(outcome.status, 1);
      assert.match(outcome.stdout, /^Bail out! .*no \/usr\/lib\/ami2box\n$/);
    });
  });
});
