import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { program, RemoteResources } from "./remoteResources";
import { SshServer } from "./sshServer";
import { loggedLines, steps, TestStack, type Ran } from "./testStack";

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

describe("stand-in for command: remote.Command and remote.CopyToRemote", function () {
  this.timeout(120_000);
  let stack: TestStack;
  let server: SshServer;
  let created: Ran;
  let changed: Ran;
  let failed: Ran;
  let destroyedDead: string;
  let destroyed: string;
  let afterCreate: ReturnType<TestStack["state"]>;
  let afterFailure: typeof afterCreate;
  let afterDeadDestroy: typeof afterCreate;
  let leaks: string[];

  const at = (file: string): string => join(stack.folder, file);
  const written = (file: string): string => readFileSync(at(file), "utf8");

  before(async () => {
    stack = await TestStack.make("command");
    server = await SshServer.make(at("ssh"));
    await server.start();
    mkdirSync(at("source/sub"), { recursive: true });
    mkdirSync(at("there"));
    writeFileSync(at("source/one.txt"), "1".repeat(100_000));
    writeFileSync(at("source/sub/empty"), "");

    const resources = new RemoteResources(stack.folder, server);
    created = await stack.up(program(resources.first()));
    afterCreate = stack.state();
    const secrets = server.key("client").split("\n").slice(2, 4).join("\n");
    leaks = ["home", "project", "state"]
      .flatMap((folder) => filesBelow(at(folder)))
      .filter((file) => readFileSync(file, "utf8").replaceAll("\\n", "\n").includes(secrets));

    writeFileSync(at("source/one.txt"), "2");
    writeFileSync(at("texts/text.txt"), "not copied again\n");
    changed = await stack.up(program(resources.second()));
    failed = await stack.up(program(await resources.failing()));
    afterFailure = stack.state();

    await server.stop();
    destroyedDead = await stack.destroy();
    afterDeadDestroy = stack.state();
    await server.start();
    destroyed = await stack.destroy();
  });
  after(async () => {
    await server.stop();
    stack.remove();
  });

  it("runs create over SSH and keeps its output in state", () => {
    assert.equal(created.failure, "");
    const { stdout, stderr } = afterCreate.get("simple")?.outputs ?? {};
    assert.deepEqual([stdout, stderr], ["out", "err"]);
    assert.deepEqual(loggedLines(created, "simple").sort(), ["err", "out"]);
  });

  it("takes a key with a passphrase, stdin, and variables the server accepts", () => {
    assert.equal(created.outputs["locked"]?.value, 'from stdin\nit\'s $A "quoted"');
  });

  it("connects where the host key is the pinned one, and nowhere else", () => {
    assert.equal(created.outputs["pinned"]?.value, "pinned");
    assert.match(
      failed.failure,
      /error: after 1 failed attempts: ssh: handshake failed: ssh: host key mismatch/,
    );
    assert.equal(afterFailure.get("pinned")?.outputs["stdout"], "pinned");
  });

  it("goes through one proxy", () => {
    assert.equal(created.outputs["proxied"]?.value, "127.0.0.1 127.0.0.1");
  });

  it("takes a line of any length when logging is off, and fails at once when it is on", () => {
    assert.equal((created.outputs["quiet"]?.value as string).length, 70_000);
    assert.match(failed.failure, /error: a line of 65536 bytes or more was printed/);
  });

  it("copies files, folders and text, and makes missing parents", () => {
    assert.equal(written("deep/er/one.txt").length, 1);
    assert.ok(existsSync(at("there/one.txt")));
    assert.ok(existsSync(at("copies/source/sub/empty")));
    assert.ok(existsSync(at("texts/text.txt")));
  });

  it("writes the private key nowhere", () => {
    assert.deepEqual(leaks, []);
  });

  it("runs create again when only the connection changes", () => {
    assert.deepEqual(steps(changed, "simple"), ["update"]);
    assert.match(written("simple"), /^create\ncreate\n/);
  });

  it("copies again when the content changes, and not when only the connection does", () => {
    assert.deepEqual(steps(changed, "file"), ["update"]);
    assert.equal(written("deep/er/one.txt"), "2");
    assert.deepEqual(steps(changed, "text"), ["update"]);
    assert.equal(written("texts/text.txt"), "not copied again\n");
  });

  it("warns, and goes on, when the server refuses the last output", () => {
    const warnings = changed.events.flatMap(({ diagnosticEvent: event }) =>
      event?.severity === "warning" ? [event.message] : [],
    );
    assert.match(warnings.join("\n"), /Unable to set 'PULUMI_COMMAND_STDOUT'/);
  });

  it("fails before it runs anything when the server refuses a variable of the command", () => {
    assert.match(
      failed.failure,
      /error: could not set environment variable "OTHER": ssh: setenv failed/,
    );
    assert.equal(existsSync(at("refused")), false);
  });

  it("says how a command failed in the official words", () => {
    assert.match(
      failed.failure,
      /error: Process exited with status 255: running "echo half; echo wrong >&2; exit 255":\n/,
    );
    assert.match(failed.failure, /error: Process exited with status 137 from signal KILL: running/);
    assert.equal(afterFailure.has("wrong"), false);
  });

  it("gives dialing up at the limit, and a wrong key counts as a failure to dial", () => {
    assert.match(
      failed.failure,
      /error: after 2 failed attempts: dial tcp 127\.0\.0\.1:\d+: connect: connection refused/,
    );
    assert.deepEqual(loggedLines(failed, "unreachable").slice(0, 2), [
      "Dial 1/2 failed: retrying",
      "Dial 2/2 failed: retrying",
    ]);
    assert.match(
      failed.failure,
      /error: after 0 failed attempts: ssh: handshake failed: .*authenticate/,
    );
    assert.match(failed.failure, /error: privateKey cannot be used: /);
  });

  it("does not connect without the agent it is told of, even with a key", () => {
    assert.match(
      failed.failure,
      /error: dial unix \/no\/agent: connect: no such file or directory/,
    );
  });

  it("does not copy a folder onto a file, nor text onto a folder", () => {
    assert.match(failed.failure, /remote path .*text\.txt exists but is not a directory/);
    assert.match(failed.failure, /remote path .*there is a directory; when using a text asset/);
  });

  it("keeps a resource in state when its delete cannot reach the machine, and deletes it later", () => {
    assert.match(destroyedDead, /error: after \d failed attempts: dial tcp /);
    assert.ok(afterDeadDestroy.has("simple"));
    assert.equal(destroyed, "");
    assert.match(written("simple"), /\ndelete\n$/);
  });
});
