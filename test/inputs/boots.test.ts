import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import type { StageResult } from "../../components/stageRunner";
import type { Check, Finding, Fix } from "../../ops/report/reportData";
import { cacheFolder } from "../../ops/setup/folders";
import { leftoversOf, nothingLeft } from "../support/leftovers";
import { projectDirectory } from "../support/stageRun";
import { Chain, epoch, type Proof } from "./chain";

const minutes = 60_000;

/** Runs one of the scripts beside this file. */
function script(name: string, args: string[], variables: Record<string, string> = {}): void {
  execFileSync("bash", [path.join("test/inputs", name), ...args], {
    cwd: projectDirectory,
    stdio: "pipe",
    env: { ...process.env, ...variables },
  });
}

type Distribution = "debian" | "ubuntu";

/** The root of a system from a cloud, as a tar; made once and kept, as it depends on its script alone. */
function cloudRoot(distribution: Distribution): string {
  const recipe = fs.readFileSync(path.join(projectDirectory, "test/inputs/make-cloud-root.sh"));
  const digest = createHash("sha256").update(recipe).digest("hex").slice(0, 16);
  const tar = path.join(cacheFolder(), "fixtures", `${distribution}-${digest}.tar`);
  if (!fs.existsSync(tar)) {
    fs.mkdirSync(path.dirname(tar), { recursive: true });
    const unfinished = `${tar}.${process.pid}.tar`;
    try {
      script("make-cloud-root.sh", [distribution, unfinished]);
      fs.renameSync(unfinished, tar);
    } finally {
      fs.rmSync(unfinished, { force: true });
    }
  }
  return tar;
}

/**
 * Systems as people have them, each turned into a box by the real stages, from real packages, and booted.
 * What of a failure can be seen afterwards stays where the message says.
 */
describe("inputs that become boxes", function () {
  this.timeout(15 * minutes);
  let scratch: string;
  let keep = false;

  before(() => (scratch = fs.mkdtempSync(path.join(tmpdir(), "ami2box-inputs-"))));
  afterEach(function () {
    keep ||= this.currentTest?.state === "failed";
  });
  after(() => {
    assert.deepEqual(leftoversOf(scratch), nothingLeft);
    if (!keep) fs.rmSync(scratch, { recursive: true, force: true });
  });

  const inScratch = (...parts: string[]): string => path.join(scratch, ...parts);

  /** Lays a root out on a disk and gives the chain that makes a box of it. */
  function chainOf(name: string, layout: string, tree: string, mib: number): Chain {
    const image = inScratch(`${name}.raw`);
    script("lay-out-disk.sh", [layout, tree, image, String(mib)]);
    return new Chain(inScratch(name), {
      SOURCE_TYPE: "image",
      IMAGE: image,
      IMAGE_FORMAT: "raw",
    });
  }

  /** Boots the box and gives the checks by name; all of them have passed. */
  function prove(chain: Chain, proof: Proof): Map<string, Check> {
    chain.prove(proof);
    const checks = JSON.parse(
      fs.readFileSync(chain.path("boot-proof/checks.json"), "utf8"),
    ) as Check[];
    assert.ok(checks.length >= 70, `only ${checks.length} checks`);
    assert.deepEqual(
      checks.filter(({ ok }) => !ok),
      [],
    );
    return new Map(checks.map((check) => [check.name, check]));
  }

  const fixesOf = (...results: StageResult[]): string[] =>
    results
      .flatMap((result) => result["fixes"] as Fix[])
      .filter(({ verdict }) => verdict === "fix")
      .map(({ name }) => name);

  describe("an image as Debian's are in EC2", () => {
    const foreign = [
      "kernel",
      "boot-loader",
      "fstab",
      "kernel-command-line",
      "network",
      "cloud-init",
      "initramfs",
      "automatic-updates",
      "cloud-users",
    ];
    let chain: Chain;

    before(() => {
      chain = chainOf("debian", "ec2", cloudRoot("debian"), 3000);
    });

    it("is seen through in a moment, without being written to", () => {
      const image = inScratch("debian.raw");
      const before = fs.statSync(image);
      const result = chain.preflight();
      const checks = result["checks"] as Finding[];
      assert.deepEqual(
        checks.filter(({ verdict }) => verdict === "fix").map(({ check }) => check),
        foreign,
      );
      const found = new Map(checks.map((each) => [each.check, each.found]));
      assert.match(found.get("kernel") ?? "", /-cloud-amd64 lacks ahci, e1000$/);
      assert.match(found.get("initramfs") ?? "", /-cloud-amd64 lacks ahci, e1000/);
      assert.match(
        found.get("firmware") ?? "",
        /a BIOS boot partition and an EFI system partition/,
      );
      assert.equal(found.get("cloud-users"), "account admin");
      // Less than three seconds on a machine that has nothing else to do.
      assert.ok(result.seconds < 15, `${result.seconds} s`);
      assert.equal(fs.statSync(image).mtimeMs, before.mtimeMs);
    });

    it("becomes a box that passes every check, with everything foreign mended", () => {
      const { provision, disk } = chain.makeBox();
      // The general kernel comes with an initramfs that has the drivers.
      const mended = foreign.filter((name) => name !== "initramfs");
      assert.deepEqual(fixesOf(provision, disk).sort(), mended.sort());
      const checks = prove(chain, "two clones");
      for (const name of [
        "no account of a cloud is left",
        "cloud-init is absent or idle",
        "no network setting is tied to a MAC address",
        "each clone has its own machine-id",
      ]) {
        assert.equal(checks.get(name)?.skipped ?? false, false, name);
      }
    });

    it("gives vagrant the number of the account it takes away", () => {
      const changes = chain.path("provision/root/etc/passwd");
      assert.match(fs.readFileSync(changes, "utf8"), /^vagrant:x:1000:1000:/m);
    });
  });

  describe("a fresh Debian trixie", () => {
    const tree = (): string => inScratch("trixie/bootstrap");
    const hasTree = (context: Mocha.Context): void => {
      if (fs.existsSync(tree())) return;
      console.log("      skipped: the bootstrap before it made no Debian");
      context.skip();
    };

    it("becomes a box that passes every check", () => {
      const chain = new Chain(inScratch("trixie"), {
        SOURCE_TYPE: "debian",
        SOURCE_TREE: tree(),
        EPOCH: epoch,
      });
      chain.run("bootstrap", {
        SUITE: "trixie",
        MIRROR: "http://deb.debian.org/debian",
        SECURITY_MIRROR: "http://deb.debian.org/debian-security",
        EPOCH: epoch,
        CACHE_DIR: path.join(cacheFolder(), "debian"),
      });
      chain.makeBox();
      prove(chain, "one guest");
    });

    it("becomes one from what the Red Hat family has: XFS, /boot apart, dracut, no GRUB of Debian's", function () {
      hasTree(this);
      const like = inScratch("like-red-hat");
      execFileSync("cp", ["-a", tree(), like]);
      script("like-red-hat.sh", [like], { WORK_DIR: inScratch("made-like-red-hat") });
      const chain = chainOf("xfs", "xfs-boot", like, 1600);
      fs.rmSync(like, { recursive: true });
      const { provision, disk } = chain.makeBox({ SKIP_FIXES: "boot-loader" });
      assert.ok(fixesOf(provision, disk).includes("fstab"));
      assert.ok(fixesOf(provision, disk).includes("initramfs"));
      assert.equal(disk["bootLoader"], "extlinux");
      // The kernels come from there, and what is written there comes into the box.
      assert.ok(fs.existsSync(chain.path("provision/boot")));
      prove(chain, "one guest");
    });

    it("becomes one from btrfs subvolumes on a disk without partitions, with a fix turned off", function () {
      hasTree(this);
      fs.writeFileSync(path.join(tree(), "home/letter"), "kept\n");
      const chain = chainOf("btrfs", "btrfs", tree(), 1600);
      const own = inScratch("own.sh");
      fs.writeFileSync(own, "#!/bin/sh\nset -eu\ngrep -qx kept /home/letter\n");
      const { provision } = chain.makeBox({ USER_SCRIPTS: own, SKIP_FIXES: "initramfs" });
      const initramfs = (provision["fixes"] as Fix[]).find(({ name }) => name === "initramfs");
      assert.equal(initramfs?.verdict, "skipped");
      const checks = prove(chain, "one guest");
      assert.equal(checks.get("an initramfs is made for any machine")?.skipped, true);
    });
  });
});
