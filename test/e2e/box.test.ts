import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { parse, stringify } from "yaml";

import { diskUse } from "../../bench/measure";
import { readBox, type BoxMember } from "../../formats/box";
import type { Report } from "../../ops/report/reportData";
import { digestOfData } from "../support/diskDigest";
import { leftoversOf, nothingLeft } from "../support/leftovers";
import { ProjectCopy, type CommandOutcome } from "../support/projectCopy";
import { makeDiskAndBox, type ChainOutcome } from "../support/stageChain";
import { Vagrant } from "../support/vagrant";

const minutes = 60_000;

/**
 * The main job, as a newcomer does it: real Pulumi engine, real Debian packages, a real boot under QEMU
 * and the real Vagrant. The steps build on each other, as a user's do.
 */
describe("a box from a fresh clone", function () {
  this.timeout(20 * minutes);
  this.bail(true);

  const name = "debian-bookworm";
  let project: ProjectCopy;
  let vagrant: Vagrant;

  before(() => {
    project = new ProjectCopy();
    vagrant = new Vagrant();
  });

  after(async () => {
    await project.run("destroy");
    project.remove();
    vagrant.remove();
  });

  const versionFile = (version: string, file: string): string =>
    project.path("out", name, version, file);
  const box = (version: string): string => versionFile(version, "virtualbox-amd64.box");
  const rawDisk = (): string => project.path(".ami2box/work", name, "disk.raw");
  const reportOf = (version: string): Report =>
    JSON.parse(fs.readFileSync(versionFile(version, "report.json"), "utf8")) as Report;

  function assertMade({ status, stdout, stderr }: CommandOutcome): void {
    assert.equal(status, 0, `${stdout}\n${stderr}`);
  }

  /** The stages a run went through, from what it announced. */
  const stagesRun = ({ stderr }: CommandOutcome): string[] =>
    [...stderr.matchAll(/^\[\d+\/\d+\] ([a-z-]+): started$/gm)].map((match) => match[1] as string);

  it("makes, boots and publishes a Debian box with one command", async () => {
    const outcome = await project.run("box", ["--version", "1.0.0"]);
    assertMade(outcome);
    assert.deepEqual(stagesRun(outcome), [
      "preflight",
      "bootstrap",
      "provision",
      "raw-disk",
      "box",
      "boot-proof",
      "publish",
    ]);
    for (const command of ["box add", "init debian-bookworm", "up"]) {
      assert.match(outcome.stdout, new RegExp(`^ {2}vagrant ${command}`, "m"));
    }
    for (const file of ["virtualbox-amd64.box", "report.html", "report.json", "console.png"]) {
      assert.ok(fs.existsSync(versionFile("1.0.0", file)), `${file} is missing`);
    }
  });

  it("proves the boot: SSH with Vagrant's key, sudo, nothing degraded, identities of its own", () => {
    const { checks, bootProof } = reportOf("1.0.0");
    assert.ok(checks.length >= 30, `only ${checks.length} checks`);
    assert.deepEqual(
      checks.filter(({ ok }) => !ok),
      [],
    );
    assert.ok((bootProof?.secondsToSsh ?? 0) > 0);
    for (const wanted of [
      "logs in with Vagrant's RSA key",
      "sudo asks for no password and needs no terminal",
      "systemd says running, no unit failed",
      "each clone has its own machine-id",
      "each clone has its own SSH host keys",
    ]) {
      assert.ok(
        checks.some(({ name: check }) => check === wanted),
        `no check '${wanted}'`,
      );
    }
  });

  it("tells the box's size and digest as they are", () => {
    const report = reportOf("1.0.0");
    const content = fs.readFileSync(box("1.0.0"));
    assert.deepEqual(report.box, {
      name,
      version: "1.0.0",
      provider: "virtualbox",
      architecture: "amd64",
      bytes: content.length,
      sha256: createHash("sha256").update(content).digest("hex"),
    });
    assert.ok(report.stages.every(({ seconds, outputBytes }) => seconds >= 0 && outputBytes >= 0));
  });

  it("has a disk image that qemu-img finds sound and equal to the raw disk", async () => {
    const { members } = await readBox(box("1.0.0"));
    const disk = members.find((member: BoxMember) => member.name.endsWith(".vmdk"));
    assert.ok(disk);
    const file = project.path("disk.vmdk");
    execFileSync("tar", ["-xOf", box("1.0.0"), disk.name], {
      stdio: ["ignore", fs.openSync(file, "w"), "pipe"],
    });
    execFileSync("qemu-img", ["check", "-f", "vmdk", file]);
    execFileSync("qemu-img", ["compare", "-f", "raw", "-F", "vmdk", rawDisk(), file]);
    fs.rmSync(file);
  });

  it("makes the same bytes on another day in another folder, in little more room than they need", async () => {
    const work = project.path(".ami2box/work", name);
    const runs = [
      await makeDiskAndBox(project.directory, work, project.path("once")),
      await makeDiskAndBox(
        project.directory,
        work,
        project.path("elsewhere/again"),
        "2031-05-06 07:08:09",
      ),
    ];
    const [once, again] = runs as [ChainOutcome, ChainOutcome];
    assert.equal(again.diskSha256, once.diskSha256);
    assert.equal(again.boxSha256, once.boxSha256);
    const used = diskUse(path.join(work, "bootstrap")) + diskUse(path.join(work, "provision"));
    for (const { peakBytes, boxBytes } of runs) {
      assert.ok(peakBytes > boxBytes, "nothing was seen of the files being written");
      assert.ok(
        peakBytes <= 1.3 * used + boxBytes,
        `${peakBytes} bytes on disk for a source of ${used} and a box of ${boxBytes}`,
      );
    }
    for (const folder of ["once", "elsewhere"]) {
      fs.rmSync(project.path(folder), { recursive: true });
    }
  });

  it("runs nothing when nothing has changed", async () => {
    const again = await project.run("box", ["--version", "1.0.0"]);
    assertMade(again);
    assert.deepEqual(stagesRun(again), []);
    assert.match(again.stdout, /nothing has changed/);
    const up = await project.shell(
      "pulumi up --yes --skip-preview --stack local --config-file .ami2box/Pulumi.local.yaml --json",
    );
    assertMade(up);
    assert.doesNotMatch(up.stdout, /"(create|update|replace|delete)": [1-9]/);
  });

  it("runs only from the changed stage on, and keeps both versions in one catalog", async () => {
    const settingsFile = project.path("Pulumi.local.yaml");
    const settings = parse(fs.readFileSync(settingsFile, "utf8")) as {
      config: Record<string, unknown>;
    };
    settings.config["ami2box:box"] = { hardware: { memoryMiB: 1024 } };
    fs.writeFileSync(settingsFile, stringify(settings));
    const outcome = await project.run("box", ["--version", "1.1.0", "--no-boot-proof"]);
    assertMade(outcome);
    assert.deepEqual(stagesRun(outcome), ["preflight", "box", "publish"]);
    const catalog = JSON.parse(
      fs.readFileSync(project.path("out", name, "catalog.json"), "utf8"),
    ) as { versions: { version: string }[] };
    assert.deepEqual(
      catalog.versions.map(({ version }) => version),
      ["1.0.0", "1.1.0"],
    );
  });

  it("refuses a published version made from other inputs, and leaves it as it was", async () => {
    const before = fs.statSync(box("1.0.0")).mtimeMs;
    const outcome = await project.run("box", ["--version", "1.0.0", "--no-boot-proof"]);
    assert.equal(outcome.status, 1);
    assert.match(outcome.stderr, /preflight: debian-bookworm 1\.0\.0 is published already/);
    assert.equal(fs.statSync(box("1.0.0")).mtimeMs, before);
  });

  it("is taken by the real Vagrant, which then sees the newer version", () => {
    const catalog = project.path("out", name, "catalog.json");
    vagrant.run(["box", "add", "--provider", "virtualbox", "--box-version", "1.0.0", catalog]);
    assert.match(vagrant.run(["box", "list"]), /debian-bookworm\s+\(virtualbox, 1\.0\.0/);
    const facts = vagrant.run(["box", "list", "-i"]);
    for (const fact of ["source: Debian bookworm", "access: public", "guestAdditions: in-tree"]) {
      assert.ok(facts.includes(`- ${fact}\n`), facts);
    }
    assert.match(facts, /- packages: [1-9]\d+\n/);
    const folder = vagrant.environment(name, ">= 1.0.0");
    assert.match(
      vagrant.run(["box", "outdated", "--global"], folder),
      /'debian-bookworm' for 'virtualbox' is outdated! Current: 1\.0\.0\. Latest: 1\.1\.0/,
    );
  });

  it("turns a raw disk image into a private box for either firmware, and leaves the image as it was", async () => {
    const image = project.path("image.raw");
    execFileSync("cp", ["--sparse=always", rawDisk(), image]);
    const before = digestOfData(image);
    const settingsFile = project.path("Pulumi.local.yaml");
    const settings = parse(fs.readFileSync(settingsFile, "utf8")) as {
      config: Record<string, unknown>;
    };
    const key = project.path("owner");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
    const access = { access: "private", authorizedKeys: "owner.pub" };
    // Of the boot proof's two clones one then starts by the BIOS, the other by EFI.
    settings.config["ami2box:box"] = { firmware: "both", ...access };
    fs.writeFileSync(settingsFile, stringify(settings));
    const script = project.path("own.sh");
    fs.writeFileSync(script, "#!/bin/sh\necho made-by-own-script >/etc/own\n");
    const outcome = await project.run("box", [
      ...["--image", image, "--name", "acme/converted", "--version", "2.0.0", "--out", "boxes"],
      ...["--provision", script],
    ]);
    assertMade(outcome);
    assert.equal(digestOfData(image), before);
    const report = JSON.parse(
      fs.readFileSync(project.path("boxes/acme/converted/2.0.0/report.json"), "utf8"),
    ) as Report;
    assert.ok(report.checks.length >= 30 && report.checks.every(({ ok }) => ok));
    for (const user of ["vagrant", "root"]) {
      for (const way of ["Vagrant's RSA key", "Vagrant's ED25519 key", "the password vagrant"]) {
        const title = `refuses ${way} to ${user}`;
        assert.ok(
          report.checks.some(({ name: check }) => check === title),
          title,
        );
      }
    }
    const boots = report.checks.filter(({ name: check }) =>
      check.endsWith("boots and answers SSH"),
    );
    assert.deepEqual(
      boots.map(({ detail }) => /(bios|efi)\)$/.exec(detail)?.[1]),
      ["bios", "efi"],
    );
  });

  it("is cleaned up by destroy: no mount, loop device, process or work directory; boxes stay", async () => {
    assertMade(await project.run("destroy"));
    assert.deepEqual(leftoversOf(project.directory), nothingLeft);
    const work = project.path(".ami2box/work");
    assert.deepEqual(fs.existsSync(work) ? fs.readdirSync(work, { recursive: true }) : [], []);
    assert.ok(fs.existsSync(box("1.0.0")));
    assert.ok(fs.existsSync(path.join(project.directory, "boxes/acme/converted/2.0.0")));
  });
});
