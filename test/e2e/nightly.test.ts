import { strict as assert } from "node:assert";
import { execFileSync, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";

import { parse, stringify } from "yaml";

import { FolderStore } from "../../ops/publish/folderStore";
import { publish } from "../../ops/publish/publish";
import { changeStanding } from "../../ops/registry/changeStanding";
import { pin } from "../../ops/registry/standing";
import { baseImageDisk } from "../aws/baseImage";
import { smallBox } from "../registry/smallBox";
import { leftoversOf, nothingLeft } from "../support/leftovers";
import { outcomeOf, ProjectCopy, type CommandOutcome } from "../support/projectCopy";

const minutes = 60_000;

/**
 * Nights as cron has them, with the real engine on this machine: one that makes a box, one with nothing to
 * do, and those that fail, are ended, and meet another. The box is not booted here, which
 * test/e2e/box.test.ts does.
 */
describe("a night on this machine", function () {
  this.timeout(10 * minutes);
  this.bail(true);

  let project: ProjectCopy;

  before(async () => {
    const image = await baseImageDisk();
    project = new ProjectCopy();
    configure({
      source: { type: "image", path: image },
      provisioning: { guestAdditions: "none" },
      box: { name: "acme/nightly", compression: "fast", bootProof: false },
      publish: { directory: "out", keep: 1 },
    });
    // What earlier nights have left.
    const store = new FolderStore(project.path("out"));
    for (const version of ["1.0.0", "1.1.0", "1.2.0"]) {
      await publish(store, await smallBox(project.directory, "acme/nightly", version));
    }
    await changeStanding(store, "acme/nightly", (catalog) => pin(catalog, "1.1.0"));
  });

  after(async () => {
    await project?.run("destroy");
    project?.remove();
  });

  /** Lays groups of settings over the local stack's own. */
  function configure(groups: Readonly<Record<string, Record<string, unknown>>>): void {
    const file = project.path("Pulumi.local.yaml");
    const stackFile = parse(fs.readFileSync(file, "utf8")) as { config: Record<string, unknown> };
    for (const [name, group] of Object.entries(groups)) stackFile.config[`ami2box:${name}`] = group;
    fs.writeFileSync(file, stringify(stackFile));
  }

  const start = (): ChildProcess => project.start("nightly", ["--stack", "local"]);
  const night = (): Promise<CommandOutcome> => outcomeOf(start());
  const lastLine = ({ stdout }: CommandOutcome): string => stdout.trim().split("\n").at(-1) ?? "";
  const catalog = (): string =>
    fs.readFileSync(project.path("out/acme/nightly/catalog.json"), "utf8");

  /** Waits until a night that was started says something. */
  async function until(child: ChildProcess, said: RegExp): Promise<void> {
    let text = "";
    await new Promise<void>((resolve, reject) => {
      child.stderr?.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        if (said.test(text)) resolve();
      });
      child.on("close", () => reject(new Error(`it ended before it said ${said}: ${text}`)));
    });
  }

  async function assertNothingLeft(): Promise<void> {
    const { stdout } = await project.shell("pulumi stack export --stack local");
    const { deployment } = JSON.parse(stdout) as { deployment: { resources?: unknown[] } };
    assert.deepEqual(deployment.resources ?? [], []);
    assert.deepEqual(leftoversOf(project.directory), nothingLeft);
  }

  it("makes and publishes the box and removes all else", async () => {
    const outcome = await night();
    assert.equal(outcome.status, 0, `${outcome.stdout}\n${outcome.stderr}`);
    assert.match(
      lastLine(outcome),
      /^nightly: version \d+\.0\.0 is published: box file:\/\/\S+\.box, report file:\/\/\S+\/report\.html, old versions of acme\/nightly removed: 1\.0\.0, 1\.2\.0; all else is removed$/,
    );
    const { versions } = JSON.parse(catalog()) as { versions: { version: string }[] };
    assert.equal(versions.length, 2);
    assert.deepEqual(fs.readdirSync(project.path("out/acme/nightly")).sort(), [
      ...versions.map(({ version }) => version),
      "Vagrantfile",
      "catalog.json",
      "index.html",
    ]);
    assert.match(catalog(), /virtualbox-amd64\.box/);
    await assertNothingLeft();
  });

  it("publishes nothing, and starts no stage, when nothing has changed", async () => {
    const before = catalog();
    const outcome = await night();
    assert.equal(outcome.status, 0, outcome.stderr);
    assert.match(lastLine(outcome), /nothing has changed since acme\/nightly \d+\.0\.0/);
    assert.ok(!/: started/.test(outcome.stderr), outcome.stderr);
    assert.equal(catalog(), before);
  });

  it("cleans up after a failed build, keeps its logs, and leaves the catalog as it was", async () => {
    const before = catalog();
    fs.writeFileSync(project.path("own.sh"), "#!/bin/sh\necho no such luck >&2\nexit 3\n");
    configure({ provisioning: { guestAdditions: "none", scripts: ["own.sh"] } });
    const outcome = await night();
    assert.equal(outcome.status, 1);
    const said =
      /^nightly: no box was published: provision: error: .*status 3.*; all else is removed; logs in (\S+)$/;
    const logs = said.exec(lastLine(outcome))?.[1];
    assert.ok(logs, lastLine(outcome));
    assert.match(fs.readFileSync(`${logs}/up.log`, "utf8"), /no such luck/);
    assert.equal(catalog(), before);
    await assertNothingLeft();
  });

  it("cleans up after SIGTERM, while another night refuses to begin", async () => {
    const before = catalog();
    fs.writeFileSync(project.path("own.sh"), "#!/bin/sh\nsleep 300.7291\n");
    const child = start();
    const outcome = outcomeOf(child);
    await until(child, /provision: started/);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const other = await night();
    assert.equal(other.status, 75);
    assert.match(lastLine(other), /another night of stack local is at work; nothing was begun/);
    process.kill(-child.pid!, "SIGTERM");
    const ended = await outcome;
    assert.match(lastLine(ended), /interrupted; no box was published; all else is removed/);
    // npm passes no status of its own on that a signal ended; the program's is 143.
    assert.notEqual(ended.status, 0);
    const processes = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
    assert.ok(!processes.includes("sleep 300.7291"), "the script outlived the night");
    assert.equal(catalog(), before);
    await assertNothingLeft();
  });

  it("begins nothing with wrong settings, and names them", async () => {
    configure({ box: { name: "Bad Name", bootProof: "perhaps" } });
    const outcome = await night();
    assert.equal(outcome.status, 1);
    assert.match(outcome.stdout, /nothing was begun: settings: 2 problems/);
    await assertNothingLeft();
  });
});
