import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { toolEntryPoints } from "../../components/stages";
import { bundleTool } from "../../ops/toolBundle";
import { listFixes } from "../../settings/fixNames";
import { makeDisk, makeRootTree } from "../support/diskFixtures";
import { leftoversOf, nothingLeft } from "../support/leftovers";
import { projectDirectory, runStage, type StageOutcome } from "../support/stageRun";

interface Row {
  readonly check: string;
  readonly found: string;
  readonly verdict: string;
  readonly remedy: string;
}

/** The header of an ELF file of 64 bits, least significant byte first, for a machine of that number. */
function elfHeader(machine: number): Buffer {
  const header = Buffer.alloc(64);
  header.write("\x7fELF\x02\x01\x01", 0, "latin1");
  header.writeUInt16LE(machine, 18);
  return header;
}

describe("the preflight's table", function () {
  this.timeout(60_000);
  let scratch: string;
  let tool: string;
  let number = 0;

  before(() => {
    const bundle = bundleTool(projectDirectory, "publish", toolEntryPoints.publish);
    tool = path.join(projectDirectory, bundle.path);
    scratch = fs.mkdtempSync(path.join(tmpdir(), "ami2box-preflight-"));
  });

  afterEach(() => assert.deepEqual(leftoversOf(scratch), nothingLeft));
  after(() => fs.rmSync(scratch, { recursive: true, force: true }));

  /** A root as `makeRootTree` makes it, changed by `change`. */
  function tree(change: (root: string) => void = () => undefined, program?: string): string {
    const root = makeRootTree(path.join(scratch, `root${number++}`), program);
    change(root);
    return root;
  }

  function preflight(
    root: string | undefined,
    variables: Record<string, string> = {},
  ): StageOutcome {
    const image = path.join(scratch, "disk.raw");
    if (root !== undefined) makeDisk(image, { table: "gpt", partitions: [{ tree: root }] });
    return runStage("preflight", {
      WORK_DIR: path.join(scratch, "work"),
      PUBLISH_DIR: path.join(scratch, "out"),
      BOXES: '[{"provider":"virtualbox","architecture":"amd64"}]',
      TOOL: tool,
      BOX_NAME: "demo",
      BOX_VERSION: "1.0.0",
      RECIPE: "abc",
      DISK_BYTES: String(4 * 2 ** 30),
      ...(root === undefined
        ? { SOURCE_TYPE: "debian" }
        : { SOURCE_TYPE: "image", IMAGE: image, IMAGE_FORMAT: "raw" }),
      ...variables,
    });
  }

  function rowsOf(outcome: StageOutcome): Map<string, Row> {
    assert.equal(outcome.status, 0, outcome.stderr);
    const { checks } = JSON.parse(outcome.stdout) as { checks: Row[] };
    return new Map(checks.map((row) => [row.check, row]));
  }

  function assertRefused(outcome: StageOutcome, reason: RegExp): void {
    assert.notEqual(outcome.status, 0);
    assert.equal(outcome.stdout, "");
    assert.equal(outcome.errors.length, 1, outcome.stderr);
    assert.match(outcome.errors[0] ?? "", reason);
    assert.match(outcome.stderr, /^preflight: {3}check +found +verdict +remedy$/m);
    assert.match(outcome.stderr, / refuse /);
  }

  it("has a row for the source, for the room there is, and for each fix", () => {
    const rows = rowsOf(preflight(tree()));
    for (const name of ["source", "architecture", "system", "init", "firmware", "free space"]) {
      assert.equal(rows.get(name)?.verdict, "ok", name);
    }
    for (const name of listFixes(projectDirectory)) assert.ok(rows.has(name), name);
    assert.deepEqual(rows.get("kernel"), {
      check: "kernel",
      found: "no kernel",
      verdict: "fix",
      remedy: "install linux-image-amd64",
    });
    assert.match(rows.get("network")?.found ?? "", /^systemd-networkd: no DHCP on eth0/);
    assert.match(rows.get("fstab")?.remedy ?? "", /write it/);
  });

  it("is printed in columns, with the rows added up", () => {
    const { stderr } = preflight(tree());
    const lines = stderr.split("\n").filter((line) => /^preflight: {3}/.test(line));
    const column = lines[0]?.indexOf("verdict") ?? -1;
    const aligned = lines.filter((line) => /^(verdict|ok|fix)( |$)/.test(line.slice(column)));
    assert.ok(aligned.length >= lines.length - 3, stderr);
    assert.match(stderr, /^preflight: \d+ checks: \d+ ok, \d+ to be fixed$/m);
  });

  it("has only what there is to be seen yet of a Debian that is still to be made", () => {
    const rows = rowsOf(preflight(undefined));
    assert.deepEqual(
      [...rows.keys()],
      ["publication", "overlayfs", "free space", "architecture", "firmware"],
    );
  });

  it("tells of a fix that is turned off, and of what it would have found", () => {
    const rows = rowsOf(preflight(tree(), { SKIP_FIXES: "kernel fstab" }));
    assert.deepEqual(rows.get("kernel"), {
      check: "kernel",
      found: "no kernel",
      verdict: "skipped",
      remedy: "turned off by provisioning.skipFixes",
    });
    assert.equal(rows.get("fstab")?.verdict, "skipped");
    assert.equal(rows.get("network")?.verdict, "fix");
  });

  it("goes on past a refusal of a fix that is turned off", () => {
    const root = tree((at) =>
      fs.rmSync(path.join(at, "usr/lib/systemd/system"), { recursive: true }),
    );
    fs.mkdirSync(path.join(root, "usr/lib/systemd/system"));
    assertRefused(preflight(root), /nothing that manages the network; install systemd-networkd/);
    const rows = rowsOf(preflight(root, { SKIP_FIXES: "network" }));
    assert.equal(rows.get("network")?.verdict, "skipped");
  });

  it("leaves the image byte for byte as it was, whatever the checks do", () => {
    const image = path.join(scratch, "disk.raw");
    const root = tree();
    makeDisk(image, { table: "gpt", partitions: [{ tree: root }] });
    const before = fs.readFileSync(image);
    const outcome = preflight(undefined, {
      SOURCE_TYPE: "image",
      IMAGE: image,
      IMAGE_FORMAT: "raw",
    });
    assert.equal(outcome.status, 0, outcome.stderr);
    assert.ok(fs.readFileSync(image).equals(before));
  });

  it("refuses an image of another architecture than asked", () => {
    const arm = path.join(scratch, "arm64");
    fs.writeFileSync(arm, elfHeader(183));
    const root = tree(() => undefined, arm);
    assertRefused(
      preflight(root),
      /^the image is for arm64, and the box is to be for amd64; give an image for amd64$/,
    );
  });

  it("takes an image for ARM where its programs can be run, and refuses it where they cannot", () => {
    const arm = path.join(scratch, "arm64");
    fs.writeFileSync(arm, elfHeader(183));
    const root = tree(() => undefined, arm);
    const BOXES = '[{"provider":"virtualbox","architecture":"arm64"}]';
    const outcomes = [preflight(root, { BOXES }), preflight(undefined, { BOXES })];
    for (const outcome of outcomes) {
      if (process.arch !== "arm64" && !fs.existsSync("/usr/bin/qemu-aarch64-static")) {
        assertRefused(outcome, /^programs for arm64 cannot run here; install .*qemu-user-static$/);
        continue;
      }
      const rows = rowsOf(outcome);
      assert.equal(rows.get("architecture")?.found, "arm64");
      assert.match(rows.get("emulation")?.found ?? "native", /^programs for arm64 are|^native$/);
    }
  });

  it("refuses an image without systemd, and names the init it has", () => {
    const openrc = tree((at) => {
      fs.rmSync(path.join(at, "usr/lib/systemd"), { recursive: true });
      fs.mkdirSync(path.join(at, "sbin"));
      fs.copyFileSync("/usr/bin/true", path.join(at, "sbin/openrc-init"));
      fs.copyFileSync("/usr/bin/true", path.join(at, "usr/bin/bash"));
    });
    assertRefused(
      preflight(openrc),
      /^the image has openrc-init and no systemd, .*; give an image with systemd$/,
    );
  });

  it("refuses an image whose systemd is not where distributions have it", () => {
    const moved = tree((at) => {
      fs.mkdirSync(path.join(at, "opt"));
      fs.renameSync(path.join(at, "usr/lib/systemd"), path.join(at, "opt/systemd"));
      fs.copyFileSync("/usr/bin/true", path.join(at, "usr/bin/bash"));
    });
    assertRefused(preflight(moved), /^the image has no systemd in \/usr\/lib\/systemd/);
  });

  it("refuses a distribution whose packages nobody here can install", () => {
    const alpine = tree((at) =>
      fs.writeFileSync(path.join(at, "usr/lib/os-release"), "ID=alpine\n"),
    );
    assertRefused(
      preflight(alpine),
      /^the image is of 'alpine'; give one of the Debian or the Red Hat family$/,
    );
  });

  it("takes the Red Hat family, and says what it would have to be given", () => {
    const fedora = tree((at) =>
      fs.writeFileSync(path.join(at, "usr/lib/os-release"), "ID=amzn\nVERSION_ID=2023\n"),
    );
    assertRefused(preflight(fedora), /^no kernel; .*provisioning\.skipFixes/);
  });

  it("tells every reason to refuse, not the first", () => {
    const arm = path.join(scratch, "arm64");
    fs.writeFileSync(arm, elfHeader(183));
    const root = tree(
      (at) => fs.writeFileSync(path.join(at, "usr/lib/os-release"), "ID=alpine\n"),
      arm,
    );
    const { errors } = preflight(root, { DISK_BYTES: String(2 ** 28) });
    assert.equal(errors.length, 3, errors.join("\n"));
  });
});
