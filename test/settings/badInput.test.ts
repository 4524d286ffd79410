import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { gzipSync } from "node:zlib";

import { makePlan } from "../../settings/plan";
import { ArchiveServer } from "./archiveServer";
import { PlanProject } from "./planProject";
import { problemsOf } from "./problemsOf";

describe("bad input", () => {
  let project: PlanProject;
  const at = (...parts: string[]): string => path.join(project.directory, ...parts);

  beforeEach(() => {
    project = new PlanProject();
  });

  afterEach(() => project.remove());

  /** The problems of a plan, which must have left the project as it was. */
  async function refused(raw: Record<string, unknown>): Promise<readonly string[]> {
    const before = project.files();
    const problems = await problemsOf(project.plan(raw));
    assert.deepEqual(project.files(), before);
    return problems;
  }

  const image = (file: string, more: object = {}): Record<string, unknown> => ({
    source: { type: "image", path: file, ...more },
  });

  it("is a missing image", async () => {
    assert.deepEqual(await refused(image("gone.img")), [
      `source.path: ${at("gone.img")} does not exist; give a disk image file`,
    ]);
  });

  it("is an empty file", async () => {
    project.write("empty.img", "");
    assert.deepEqual(await refused(image("empty.img")), [
      `source.path: ${at("empty.img")} is empty; give a disk image file`,
    ]);
  });

  it("is a directory", async () => {
    assert.deepEqual(await refused(image("scripts")), [
      `source.path: ${at("scripts")} is a directory; give a disk image file`,
    ]);
  });

  it("is a device or another file that is no regular one", async () => {
    assert.deepEqual(await refused({ ...image("/dev/null"), box: { name: "demo" } }), [
      "source.path: /dev/null is no regular file; give a disk image file",
    ]);
  });

  it("is a format that is not read, with the remedy", async () => {
    project.write("disk.img.gz", gzipSync(Buffer.alloc(512)));
    assert.deepEqual(await refused(image("disk.img.gz")), [
      `source.path: ${at("disk.img.gz")} has the format gzip, which is not read here; decompress it with gunzip and give a raw, qcow2, vmdk or vhd image`,
    ]);
  });

  it("is a size of no whole sectors", async () => {
    project.write("odd.img", Buffer.alloc(1000));
    const [problem] = await refused(image("odd.img"));
    assert.match(
      problem ?? "",
      /odd\.img is 1000 bytes long, which is no whole number of 512-byte/,
    );
  });

  it("is a declared format that disagrees with the content", async () => {
    assert.deepEqual(await refused(image("disk.img", { format: "qcow2" })), [
      `source.path: ${at("disk.img")} is a raw image, not the qcow2 that source.format names; leave source.format out, or give another file`,
    ]);
  });

  it("is an image whose name makes no box name, and says where the name is from", async () => {
    project.write(".img", Buffer.alloc(512));
    const [problem, ...more] = await refused(image(".img"));
    assert.match(problem ?? "", /^box\.name: taken from the source, "" is no box name; it must be/);
    assert.deepEqual(more, []);
    await project.plan({ ...image(".img"), box: { name: "demo" } });
  });

  it("is a box name or version that Vagrant would refuse, each told once", async () => {
    const problems = await refused({ box: { name: "a b", version: "next" } });
    assert.deepEqual(
      problems.map((problem) => problem.slice(0, 20)),
      [`box.name: "a b" is n`, `box.version: "next" `],
    );
  });

  it("is an output folder below a regular file", async () => {
    assert.deepEqual(await refused({ publish: { directory: "disk.img/out" } }), [
      `publish.directory: ${at("disk.img")} is not a folder; give a folder, or a path where one can be made`,
    ]);
  });

  it("is a file where the box's own folder would be", async () => {
    project.write("out/demo", "");
    assert.deepEqual(await refused({ box: { name: "demo" } }), [
      `publish.directory: ${at("out/demo")} is not a folder; give a folder, or a path where one can be made`,
    ]);
  });

  it("is an output folder that cannot be written to", async function () {
    if (process.getuid?.() === 0) {
      // Root may write to any folder but the kernel's own.
      const [problem] = await refused({ publish: { directory: "/proc/self/boxes" } });
      assert.equal(
        problem,
        "publish.directory: /proc/self cannot be written to; give a folder that can",
      );
      return;
    }
    fs.mkdirSync(at("out"), { mode: 0o555 });
    assert.deepEqual(await refused({}), [
      `publish.directory: ${at("out")} cannot be written to; give a folder that can`,
    ]);
  });

  for (const [publish, work] of [
    ["boxes", "boxes"],
    ["work/out", "work"],
    ["out", "out/work"],
    ["out/", "./out//x"],
  ] as const) {
    it(`is ${publish} for boxes with ${work} for work: one would go with the other`, async () => {
      const problems = await refused({
        publish: { directory: publish },
        worker: { workDirectory: work },
      });
      assert.deepEqual(problems, [
        `publish.directory: ${at(publish).replace(/\/$/, "")} and worker.workDirectory ${path.resolve(project.directory, work)} lie one in the other; give two separate folders`,
      ]);
    });
  }

  it("is not a folder whose name begins like another's", async () => {
    await project.plan({ publish: { directory: "work-out" }, worker: { workDirectory: "work" } });
  });

  it("is the name of a fix that there is not; those there are, are named", async () => {
    assert.deepEqual(
      await refused({ provisioning: { skipFixes: ["kernal", "cloud-users", "lib"] } }),
      [
        'provisioning.skipFixes: "kernal" is not a fix; allowed: kernel, cloud-users',
        'provisioning.skipFixes: "lib" is not a fix; allowed: kernel, cloud-users',
      ],
    );
  });

  it("is a provisioning script that is missing or a folder, each named", async () => {
    assert.deepEqual(
      await refused({ provisioning: { scripts: ["no.sh", "mine.sh", "scripts"] } }),
      [
        "provisioning.scripts: no.sh is not a file; give the path of a script",
        "provisioning.scripts: scripts is not a file; give the path of a script",
      ],
    );
  });

  it("is a Debian suite the archive does not have", async () => {
    const archive = new ArchiveServer();
    await archive.start();
    const problems = await refused({ source: archive.source("bookwurm") });
    await archive.stop();
    assert.match(
      problems[0] ?? "",
      /^source\.suite: .* has no suite bookwurm; allowed: a suite it/,
    );
  });

  it("is an archive that cannot be reached", async () => {
    const archive = new ArchiveServer();
    await archive.start();
    const source = archive.source("bookworm");
    await archive.stop();
    const problems = await refused({ source });
    assert.match(problems[0] ?? "", /^source\.mirror: .* cannot be reached; check the network or/);
    assert.match(problems[1] ?? "", /^source\.securityMirror: .* cannot be reached; check the/);
  });

  it("is an unknown setting, several wrong ones, a wrong source and wrong folders in one error", async () => {
    const raw = {
      ...image("gone.img"),
      sauce: 1,
      target: "moon",
      box: { version: "next", hardware: { cpus: 0 } },
      provisioning: { scripts: ["no.sh"] },
      publish: { directory: "disk.img/out" },
      worker: { workDirectory: "disk.img/work" },
    };
    const problems = await refused(raw);
    assert.deepEqual(
      problems.map((problem) => problem.slice(0, problem.indexOf(": "))),
      [
        "target",
        "box.hardware.cpus",
        "sauce",
        "box.version",
        "source.path",
        "provisioning.scripts",
        "publish.directory",
        "worker.workDirectory",
      ],
    );
    await assert.rejects(makePlan(raw, project.directory), {
      name: "InputError",
      message:
        /^settings: 8 problems:\n {2}- target: "moon" is not allowed; allowed: local, ssh, aws\n/,
    });
  });

  it("is one sentence in one line when there is one problem", async () => {
    await assert.rejects(project.plan({ target: "moon" }), {
      message: `settings: target: "moon" is not allowed; allowed: local, ssh, aws`,
    });
  });
});
