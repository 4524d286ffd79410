import { strict as assert } from "node:assert";
import * as fs from "node:fs";

import { parse, stringify } from "yaml";

import { readBox } from "../../formats/box";
import type { Report } from "../../ops/report/reportData";
import { baseImageDisk } from "../aws/baseImage";
import { leftoversOf, nothingLeft } from "../support/leftovers";
import { ProjectCopy, type CommandOutcome } from "../support/projectCopy";
import { SshHost } from "../support/sshHost";

const minutes = 60_000;

/**
 * `target: ssh` as its user does it: a stack of one's own, `pulumi up` and `pulumi destroy`, with the real
 * engine, over real SSH, as a user who is not root. The disk of a Debian stands on the worker already; it is
 * not booted here, which test/e2e/box.test.ts does.
 */
describe("a box made on a machine reached over SSH", function () {
  this.timeout(15 * minutes);
  this.bail(true);

  let project: ProjectCopy;
  let host: SshHost;
  let image: string;

  before(async () => {
    image = await baseImageDisk();
    host = await SshHost.start();
    project = new ProjectCopy();
    const setUp = await project.execute("node ops/setup/run.mjs ops/setup/with.ts box true");
    assert.equal(setUp.status, 0, setUp.stderr);
    fs.writeFileSync(project.path("own.sh"), "#!/bin/sh\necho own >/etc/made-by\n");
    assertDone(await project.shell("pulumi stack init ssh"));
  });

  after(async () => {
    await project?.shell("pulumi destroy --yes --stack ssh");
    await host?.remove();
    project?.remove();
  });

  const published = (...parts: string[]): string => host.path("boxes", "acme", "server", ...parts);

  function assertDone({ status, stdout, stderr }: CommandOutcome): void {
    assert.equal(status, 0, `${stdout}\n${stderr}`);
  }

  /** Writes the stack's settings, with what is given laid over each group. */
  function configure(changes: Record<string, Record<string, unknown>> = {}): void {
    const file = project.path("Pulumi.ssh.yaml");
    const groups: Record<string, Record<string, unknown>> = {
      source: { type: "image", path: image, onWorker: true },
      provisioning: { scripts: ["own.sh"], guestAdditions: "none" },
      box: { name: "acme/server", version: "1.0.0", compression: "fast", bootProof: false },
      publish: { directory: host.path("boxes") },
      worker: {
        host: "127.0.0.1",
        port: host.port,
        user: host.user,
        hostKey: host.key("host.pub"),
        privateKeyFile: `${host.folder}/client`,
        workDirectory: host.path("work"),
      },
    };
    const config = Object.fromEntries(
      Object.entries(groups).map(([name, group]) => [
        `ami2box:${name}`,
        { ...group, ...changes[name] },
      ]),
    );
    const before = (parse(fs.readFileSync(file, "utf8")) ?? {}) as Record<string, unknown>;
    fs.writeFileSync(
      file,
      stringify({ ...before, config: { "ami2box:target": "ssh", ...config } }),
    );
  }

  const up = (): Promise<CommandOutcome> =>
    project.shell("pulumi up --yes --skip-preview --stack ssh --color never");

  /** The stages that an `up` ran, from what they announced. */
  const stagesRun = ({ stdout }: CommandOutcome): string[] => [
    ...new Set([...stdout.matchAll(/ ([a-z-]+): started$/gm)].map((match) => match[1] as string)),
  ];

  it("tells everything that is wrong at once, before anything is made", async () => {
    configure({
      source: { path: "/nowhere/disk.raw" },
      provisioning: { scripts: ["missing.sh"] },
      publish: { directory: "relative" },
    });
    const { status, stdout } = await up();
    assert.notEqual(status, 0);
    for (const problem of [
      "source.path: /nowhere/disk.raw on 127.0.0.1 does not exist; give a disk image file",
      "provisioning.scripts: missing.sh is not a file",
      'publish.directory: "relative" is not allowed; it must be an absolute path on the worker',
    ]) {
      assert.ok(stdout.includes(problem), `${problem} is missing from:\n${stdout}`);
    }
    configure({ worker: { hostKey: fs.readFileSync(`${host.folder}/client.pub`, "utf8").trim() } });
    assert.match(
      (await up()).stdout,
      /worker\.hostKey: 127\.0\.0\.1 proves another key than the one/,
    );
    assert.deepEqual(fs.readdirSync(host.path()), []);
  });

  it("is published on that machine, with its report and catalog", async () => {
    configure();
    const before = fs.statSync(image);
    const outcome = await up();
    assertDone(outcome);
    assert.deepEqual(stagesRun(outcome), ["preflight", "provision", "raw-disk", "box", "publish"]);
    assert.equal(fs.statSync(image).mtimeMs, before.mtimeMs);
    assert.deepEqual(fs.readdirSync(published("1.0.0")).sort(), [
      "SHA256SUMS",
      "report.html",
      "report.json",
      "virtualbox-amd64.box",
    ]);
    const { members } = await readBox(published("1.0.0/virtualbox-amd64.box"));
    assert.ok(members.some(({ name }) => name.endsWith(".vmdk")));
    const report = JSON.parse(fs.readFileSync(published("1.0.0/report.json"), "utf8")) as Report;
    assert.equal(report.box.name, "acme/server");
    const outputs = await project.shell("pulumi stack output --stack ssh --json");
    const { catalogUrl } = JSON.parse(outputs.stdout) as { catalogUrl: string };
    assert.equal(catalogUrl, `file://${published("catalog.json")}`);
  });

  it("runs nothing when nothing has changed", async () => {
    const outcome = await up();
    assertDone(outcome);
    assert.deepEqual(stagesRun(outcome), []);
  });

  it("runs only from the changed stage on", async () => {
    configure({ box: { version: "1.1.0", hardware: { memoryMiB: 1024 } } });
    const outcome = await up();
    assertDone(outcome);
    assert.deepEqual(stagesRun(outcome), ["preflight", "box", "publish"]);
    const catalog = fs.readFileSync(published("catalog.json"), "utf8");
    assert.deepEqual(
      (JSON.parse(catalog) as { versions: { version: string }[] }).versions.map(
        ({ version }) => version,
      ),
      ["1.0.0", "1.1.0"],
    );
  });

  it("leaves nothing but the boxes after destroy, and no secret in the state", async () => {
    const state = await project.shell("pulumi stack export --stack ssh");
    const key = host.key("client").split("\n")[2] ?? "-";
    assert.ok(!state.stdout.includes(key), "the private key is in the state");
    assertDone(await project.shell("pulumi destroy --yes --stack ssh"));
    assert.deepEqual(fs.readdirSync(host.path()), ["boxes"]);
    assert.ok(fs.existsSync(published("1.0.0/virtualbox-amd64.box")));
    await host.stop();
    assert.deepEqual(leftoversOf(host.folder), nothingLeft);
  });
});
