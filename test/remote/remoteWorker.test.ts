import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

import { RemoteWorker, type RemoteWorkerArgs } from "../../components/RemoteWorker";
import { stages } from "../../components/stages";
import { projectRoot } from "../../ops/setup/folders";
import { makeSampleProject } from "../components/sampleProgram";
import { loggedLines, steps, TestStack, type Ran } from "../providers/testStack";
import { SshHost } from "../support/sshHost";

/** A stage that takes a file's word and writes down that it ran. */
function stageScript(name: string, work: string): string {
  return [
    'source "$(dirname "${BASH_SOURCE[0]}")/../lib/stage.sh"',
    `stage_begin ${name} WORD`,
    `echo ${name} >>"$WORK_DIR/ran"`,
    work,
    `stage_end path="$WORK_DIR/${name}" inputBytes:=0 outputBytes:=0 sha256= user="$(id -un)" word="$WORD"`,
  ].join("\n");
}

/** Two stages, the second fed by the first, on a real machine behind real SSH, with the real engine. */
describe("a worker reached over SSH", function () {
  this.timeout(180_000);
  let host: SshHost;
  let stack: TestStack;
  let project: string;

  before(async () => {
    project = makeSampleProject();
    fs.symlinkSync(path.join(projectRoot(), "node_modules"), path.join(project, "node_modules"));
    writeStage("raw-disk", ":");
    writeStage("box", 'cat "$SCRIPT" >"$WORK_DIR/box"');
    fs.writeFileSync(path.join(project, "own script.sh"), "echo own\n");
    host = await SshHost.start();
    stack = await TestStack.make("command", "random");
  });
  after(async () => {
    await host.remove();
    stack.remove();
    fs.rmSync(project, { recursive: true, force: true });
  });

  const work = (...parts: string[]): string => host.path("work dir", "demo", ...parts);
  const ran = (): string[] => fs.readFileSync(work("ran"), "utf8").trim().split("\n");

  function writeStage(name: string, commands: string): void {
    const file = path.join(project, "scripts/stages", `${name}.sh`);
    fs.writeFileSync(file, `${stageScript(name, commands)}\n`);
  }

  function program(changes: Partial<RemoteWorkerArgs> = {}): pulumi.automation.PulumiFn {
    return () => {
      const worker = new RemoteWorker("worker", {
        projectDirectory: project,
        connection: {
          host: "127.0.0.1",
          port: host.port,
          user: host.user,
          hostKey: host.key("host.pub"),
          privateKey: pulumi.secret(`${host.key("client")}\n`),
          dialErrorLimit: 2,
        },
        identity: "the first machine",
        workDirectory: work(),
        purposes: ["box"],
        ...changes,
      });
      const [script] = [worker.bringFiles("scripts", ["own script.sh"], {})];
      const first = worker.runStage(
        "first",
        { stage: stages["raw-disk"], variables: { WORD: "it's $HOME" } },
        { parent: worker },
      );
      const variables = {
        WORD: first.result.apply(({ word }) => String(word)),
        SCRIPT: script.apply((files) => files[0] ?? ""),
      };
      const second = worker.runStage(
        "second",
        { stage: stages.box, variables },
        { parent: worker },
      );
      return Promise.resolve({ result: second.result, preparation: worker.preparation });
    };
  }

  const didRun = (run: Ran, name: string): boolean =>
    steps(run, name).some((step) => step !== "same");

  it("is prepared, given its scripts, and runs stages as root for a user whom sudo obeys", async () => {
    const run = await stack.up(program());
    assert.equal(run.failure, "");
    const { result, preparation } = run.outputs as Record<string, { value: unknown }>;
    const { user, word } = result?.value as Record<string, unknown>;
    assert.deepEqual({ user, word }, { user: "root", word: "it's $HOME" });
    const { stage, installed } = preparation?.value as Record<string, unknown>;
    assert.deepEqual({ stage, installed }, { stage: "prepare", installed: [] });
    assert.equal(fs.readFileSync(work("box"), "utf8"), "echo own\n");
    assert.ok(fs.existsSync(work("kit/node_modules/koffi")), "the native module is missing");
    assert.ok(fs.statSync(work("kit/scripts/run-stage.sh")).mode & 0o100);
    assert.ok(loggedLines(run, "second").includes("box: started"));
  });

  it("keeps its private key out of the state", () => {
    const state = fs.readFileSync(
      path.join(stack.folder, "state/.pulumi/stacks/stand-ins/test.json"),
      "utf8",
    );
    const secret = host.key("client").split("\n").slice(1, 3);
    for (const line of secret) assert.ok(!state.includes(line), "the private key is in the state");
  });

  it("is left alone when nothing has changed", async () => {
    const run = await stack.up(program());
    assert.equal(run.failure, "");
    for (const name of ["worker-directory", "worker-kit", "worker-prepare", "first", "second"]) {
      assert.ok(!didRun(run, name), name);
    }
    assert.deepEqual(ran(), ["raw-disk", "box"]);
  });

  it("runs an edited stage again, with the new script, and none before it", async () => {
    fs.rmSync(path.join(project, "scripts/stages/bootstrap.sh"));
    writeStage("box", 'echo edited >"$WORK_DIR/box"');
    const run = await stack.up(program());
    assert.equal(run.failure, "");
    assert.deepEqual(ran(), ["raw-disk", "box", "box"]);
    assert.equal(fs.readFileSync(work("box"), "utf8"), "edited\n");
    assert.ok(!fs.existsSync(work("kit/scripts/stages/bootstrap.sh")), "an old script stayed");
    assert.equal(fs.readdirSync(work()).filter((name) => name.startsWith(".kit-")).length, 1);
  });

  it("goes on where a stage failed", async () => {
    writeStage("raw-disk", "echo again >/dev/null");
    writeStage("box", 'fail "it is broken"');
    const failed = await stack.up(program());
    assert.match(failed.failure, /box: error: it is broken/);
    assert.ok(!failed.failure.includes(host.key("client").split("\n")[1] ?? "-"));
    assert.deepEqual(ran().slice(3), ["raw-disk", "box"]);
    writeStage("box", ":");
    assert.equal((await stack.up(program())).failure, "");
    assert.deepEqual(ran().slice(5), ["box"]);
  });

  it("is not talked to when it proves another host key, or none is pinned", async () => {
    const connection = {
      ...{ host: "127.0.0.1", port: host.port, user: host.user, dialErrorLimit: 1 },
      privateKey: pulumi.secret(host.key("client")),
    };
    const unpinned = await stack.up(program({ identity: "unpinned", connection }));
    assert.match(
      unpinned.failure,
      /the connection to 127\.0\.0\.1 has no hostKey; give the public key/,
    );
    const other = fs.readFileSync(path.join(host.folder, "client.pub"), "utf8").trim();
    const wrong = await stack.up(
      program({ identity: "wrong", connection: { ...connection, hostKey: other } }),
    );
    assert.notEqual(wrong.failure, "");
    assert.deepEqual(ran().slice(6), []);
  });

  it("has its work directory removed by destroy, with what root made in it", async () => {
    assert.equal((await stack.up(program())).failure, "");
    assert.equal(await stack.destroy(), "");
    assert.ok(!fs.existsSync(host.path("work dir")), "a folder made for it stayed");
  });

  it("that is an instance is not logged in to by destroy, and runs all again when replaced", async () => {
    const withInstance =
      (keeper: string): pulumi.automation.PulumiFn =>
      () => {
        const instance = new random.RandomId("instance", { byteLength: 4, keepers: { keeper } });
        return program({ instance, identity: instance.hex })();
      };
    assert.equal((await stack.up(withInstance("a"))).failure, "");
    assert.deepEqual(ran(), ["raw-disk", "box"]);
    assert.equal((await stack.up(withInstance("b"))).failure, "");
    assert.deepEqual(ran(), ["raw-disk", "box", "raw-disk", "box"]);
    await host.stop();
    assert.equal(await stack.destroy(), "");
    assert.equal(stack.state().size, 0);
  });
});
