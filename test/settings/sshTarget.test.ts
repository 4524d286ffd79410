import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

import { makePlan, type Plan } from "../../settings/plan";
import { SshHost } from "../support/sshHost";
import { PlanProject } from "./planProject";
import { problemsOf } from "./problemsOf";

type Groups = Record<string, Record<string, unknown>>;

describe("a plan for a machine reached over SSH", function () {
  this.timeout(60_000);
  let host: SshHost;
  let project: PlanProject;

  before(async () => {
    host = await SshHost.start();
    project = new PlanProject();
    fs.mkdirSync(host.path("images"));
    fs.writeFileSync(image("disk.raw"), Buffer.alloc(4096));
    fs.chmodSync(image("disk.raw"), 0o600); // root's own: sudo reads it
    for (const [name, format] of [
      ["disk.qcow2", "qcow2"],
      ["disk.vhd", "vpc"],
    ] as const) {
      execFileSync("qemu-img", ["create", "-q", "-f", format, image(name), "16M"]);
    }
    execFileSync("gzip", ["-k", image("disk.raw")]);
  });
  after(async () => {
    project.remove();
    await host.remove();
  });

  const image = (name: string): string => host.path("images", name);

  function plan(changes: Groups = {}): Promise<Plan> {
    const groups: Groups = {
      source: { type: "image", path: image("disk.raw"), onWorker: true },
      publish: { directory: host.path("boxes") },
      worker: {
        host: "127.0.0.1",
        port: host.port,
        user: host.user,
        hostKey: host.key("host.pub"),
        privateKeyFile: path.join(host.folder, "client"),
      },
    };
    const raw = Object.fromEntries(
      Object.entries({ box: {}, ...groups }).map(([name, group]) => [
        name,
        { ...group, ...changes[name] },
      ]),
    );
    return makePlan({ target: "ssh", ...raw }, project.directory);
  }

  it("has the image's format and a mark that changes when the file does", async () => {
    const first = await plan();
    assert.equal(first.source.type, "image");
    const {
      format,
      path: file,
      fingerprint,
    } = first.source as Record<string, unknown> & Plan["source"];
    assert.deepEqual({ format, file }, { format: "raw", file: image("disk.raw") });
    fs.utimesSync(image("disk.raw"), 1, 1);
    const second = await plan();
    assert.notEqual(second.source.fingerprint, fingerprint);
    assert.notEqual(second.recipe, first.recipe);
    assert.equal(first.workDirectory, "/var/tmp/ami2box/disk");
    assert.deepEqual(first.publish, {
      directory: host.path("boxes"),
      privateAddress: "10.10.1.10",
    });
  });

  for (const [name, format] of [
    ["disk.qcow2", "qcow2"],
    ["disk.vhd", "vpc"],
  ] as const) {
    it(`tells a ${format} image by its content`, async () => {
      const { source } = await plan({ source: { path: image(name) } });
      assert.equal((source as { format?: string }).format, format);
    });
  }

  it("takes an image that is here for one to be brought there", async () => {
    const { source } = await plan({ source: { path: "disk.img", onWorker: false } });
    assert.equal((source as { path?: string }).path, path.join(project.directory, "disk.img"));
  });

  it("keeps the version that was published there from the same recipe, and counts on from others", async () => {
    const { recipe, version } = await plan();
    const folder = host.path("boxes/disk", version);
    fs.mkdirSync(folder, { recursive: true });
    const report = (text: string): void => {
      const box = { name: "disk", provider: "virtualbox" };
      const content = JSON.stringify({ box, recipe: text }, undefined, 2);
      fs.writeFileSync(path.join(folder, "report.json"), content);
    };
    report(recipe);
    const same = await plan();
    assert.equal(same.version, version);
    assert.deepEqual(same.published, [{ version, recipe, catalogued: false }]);
    report("ab".repeat(32));
    assert.equal((await plan()).version, version.replace(/\.0\.0$/, ".1.0"));
  });

  it("holds the private key apart from what is shown", async () => {
    const { sshTarget, provenance, settings } = await plan();
    assert.ok(sshTarget?.login.privateKey.includes("PRIVATE KEY"));
    assert.doesNotMatch(JSON.stringify({ provenance, settings }), /PRIVATE KEY/);
  });

  const refused: [string, () => Groups, RegExp][] = [
    [
      "an image that is not there",
      () => ({ source: { path: image("none.raw") } }),
      /^source\.path: .*none\.raw on 127\.0\.0\.1 does not exist; give a disk image file$/,
    ],
    [
      "a folder for an image",
      () => ({ source: { path: host.path("images") } }),
      /^source\.path: .* is a directory; give a disk image file$/,
    ],
    [
      "a compressed image",
      () => ({ source: { path: image("disk.raw.gz") } }),
      /^source\.path: .* has the format gzip, which is not read here; decompress it with gunzip/,
    ],
    [
      "a format that the content is not of",
      () => ({ source: { path: image("disk.qcow2"), format: "vmdk" } }),
      /^source\.path: .* is a qcow2 image, not the vmdk that source\.format names/,
    ],
    [
      "another host key than the machine's",
      () => ({
        worker: { hostKey: fs.readFileSync(path.join(host.folder, "client.pub"), "utf8").trim() },
      }),
      /^worker\.hostKey: 127\.0\.0\.1 proves another key than the one given/,
    ],
    [
      "a key that the machine does not take",
      () => ({ worker: { privateKeyFile: path.join(host.folder, "host") } }),
      /^worker\.privateKeyFile: builder@127\.0\.0\.1 does not accept this key/,
    ],
    [
      "a key file that is not there",
      () => ({ worker: { privateKeyFile: "no-key" } }),
      /^worker\.privateKeyFile: .*no-key is not there; give the file of the private key/,
    ],
    [
      "a key file that is no key",
      () => ({ worker: { privateKeyFile: "mine.sh" } }),
      /^worker\.privateKeyFile: it is no key that can be used/,
    ],
    [
      "a port that nothing answers at",
      () => ({ worker: { port: 1 } }),
      /^worker\.host: 127\.0\.0\.1 port 1 cannot be reached \(.*\); check worker\.host and worker\.port/,
    ],
    [
      "boxes below the work directory, which goes with the stack",
      () => ({ publish: { directory: "/var/tmp/ami2box/boxes" } }),
      /lie one in the other/,
    ],
  ];
  for (const [what, changes, reason] of refused) {
    it(`refuses ${what}, and shows no key`, async () => {
      const problems = await problemsOf(plan(changes()));
      assert.equal(problems.length, 1, problems.join("\n"));
      assert.match(problems[0] ?? "", reason);
      assert.doesNotMatch(problems[0] ?? "", /PRIVATE|b3BlbnNzaC1rZXk/);
    });
  }

  it("refuses to begin with the socket of an ssh-agent that is gone", async () => {
    const before = process.env["SSH_AUTH_SOCK"];
    process.env["SSH_AUTH_SOCK"] = path.join(host.folder, "no-agent");
    try {
      const problems = await problemsOf(plan());
      assert.match(problems[0] ?? "", /^SSH_AUTH_SOCK: .*no-agent is not there any more.*unset/);
    } finally {
      if (before === undefined) delete process.env["SSH_AUTH_SOCK"];
      else process.env["SSH_AUTH_SOCK"] = before;
    }
  });
});
