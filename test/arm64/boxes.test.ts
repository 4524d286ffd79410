import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";

import { parse, stringify } from "yaml";

import { readBox } from "../../formats/box";
import type { Check, Report } from "../../ops/report/reportData";
import { leftoversOf, nothingLeft } from "../support/leftovers";
import { ProjectCopy } from "../support/projectCopy";
import { Vagrant } from "../support/vagrant";

const minutes = 60_000;

/**
 * Boxes for both processors, as a user makes them: real Pulumi engine, real Debian packages for each, real boots.
 * On an x86 machine all of ARM's is emulated, which takes too long for `npm test`: `npm run test:arm64` runs it.
 */
describe("boxes for amd64 and arm64 from one command", function () {
  this.timeout(90 * minutes);
  this.bail(true);

  const name = "debian-bookworm";
  let project: ProjectCopy;
  let vagrant: Vagrant;

  before(() => {
    project = new ProjectCopy();
    vagrant = new Vagrant();
    const file = project.path("Pulumi.local.yaml");
    const settings = parse(fs.readFileSync(file, "utf8")) as { config: Record<string, unknown> };
    settings.config["ami2box:box"] = { architecture: ["amd64", "arm64"] };
    fs.writeFileSync(file, stringify(settings));
  });

  after(async () => {
    await project.run("destroy");
    project.remove();
    vagrant.remove();
  });

  const published = (version: string, file = ""): string =>
    project.path("out", name, version, file);
  const work = (file: string): string => project.path(".ami2box/work", name, "arm64", file);
  const readJson = <T>(file: string): T => JSON.parse(fs.readFileSync(file, "utf8")) as T;

  it("are made, booted and published in one version", async () => {
    const outcome = await project.run("box", ["--version", "1.0.0"]);
    assert.equal(outcome.status, 0, `${outcome.stdout}\n${outcome.stderr}`);
    const { versions } = readJson<{
      versions: { version: string; providers: Record<string, unknown>[] }[];
    }>(project.path("out", name, "catalog.json"));
    assert.deepEqual(
      versions.map(({ version, providers }) => [
        version,
        ...providers.map((each) => [each["architecture"], each["default_architecture"]]),
      ]),
      [["1.0.0", ["arm64", false], ["amd64", true]]],
    );
    const { boxes } = readJson<Report>(published("1.0.0", "report.json"));
    for (const { architecture, bootProof } of boxes) {
      assert.ok(fs.existsSync(published("1.0.0", `virtualbox-${architecture}.box`)), architecture);
      assert.ok(bootProof !== undefined && bootProof.passed >= 70, architecture);
      assert.equal(bootProof.passed, bootProof.checks, architecture);
      console.log(
        `      ${architecture}: SSH after ${bootProof.secondsToSsh} s, ${bootProof.passed} checks`,
      );
    }
    assert.deepEqual(boxes.map(({ architecture }) => architecture).sort(), ["amd64", "arm64"]);
  });

  it("have for ARM passed the checks in a guest that EFI started, and in a second clone", () => {
    const checks = readJson<Check[]>(work("boot-proof/checks.json"));
    assert.deepEqual(
      checks.filter(({ ok }) => !ok),
      [],
    );
    const details = new Map(checks.map((check) => [check.name, check.detail]));
    for (const clone of ["a", "b"]) {
      assert.match(details.get(`clone ${clone} boots and answers SSH`) ?? "", /, efi\)$/);
    }
    for (const wanted of ["each clone has its own machine-id", "powers off when told to"]) {
      assert.ok(details.has(wanted), `no check '${wanted}'`);
    }
    assert.ok(fs.existsSync(work("boot-proof/console.png")));
  });

  it("hold for ARM the disk that was made, behind an EFI system partition", async () => {
    const box = published("1.0.0", "virtualbox-arm64.box");
    const { members } = await readBox(box);
    const member = members.find((each) => each.name.endsWith(".vmdk"));
    assert.ok(member);
    const disk = project.path("disk.vmdk");
    execFileSync("tar", ["-xOf", box, member.name], {
      stdio: ["ignore", fs.openSync(disk, "w"), "pipe"],
    });
    execFileSync("qemu-img", ["check", "-f", "vmdk", disk]);
    execFileSync("qemu-img", ["compare", "-f", "raw", "-F", "vmdk", work("disk.raw"), disk]);
    const { partitiontable } = JSON.parse(
      execFileSync("sfdisk", ["--json", work("disk.raw")], { encoding: "utf8" }),
    ) as { partitiontable: { partitions: { type: string }[] } };
    assert.deepEqual(partitiontable.partitions.map(({ type }) => type).sort(), ["83", "ef"]);
    const descriptor = execFileSync("tar", ["-xOf", box, "box.ovf"], { encoding: "utf8" });
    assert.match(descriptor, /<Platform architecture="ARM"/);
  });

  it("are told apart by Vagrant, whose older versions take the one for amd64", () => {
    vagrant.run([
      "box",
      "add",
      "--provider",
      "virtualbox",
      project.path("out", name, "catalog.json"),
    ]);
    const facts = vagrant.run(["box", "list", "-i"]);
    assert.match(facts, /debian-bookworm\s+\(virtualbox, 1\.0\.0/);
    assert.doesNotMatch(facts, /arm64/);
  });

  it("are not published at all when one of them cannot be made", async () => {
    const script = project.path("not-on-arm.sh");
    fs.writeFileSync(script, '#!/bin/sh\n[ "$(uname -m)" = x86_64 ]\n');
    const outcome = await project.run("box", [
      ...["--version", "1.1.0", "--no-boot-proof", "--provision", script],
    ]);
    assert.equal(outcome.status, 1);
    assert.match(outcome.stderr, /provision: .*not-on-arm\.sh failed/);
    assert.ok(!fs.existsSync(published("1.1.0")));
    const { versions } = readJson<{ versions: { version: string }[] }>(
      project.path("out", name, "catalog.json"),
    );
    assert.deepEqual(
      versions.map(({ version }) => version),
      ["1.0.0"],
    );
  });

  it("leave nothing behind after destroy", async () => {
    const outcome = await project.run("destroy");
    assert.equal(outcome.status, 0, outcome.stderr);
    assert.deepEqual(leftoversOf(project.directory), nothingLeft);
  });
});
