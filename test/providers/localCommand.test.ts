import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { failingCommands, firstCommands, program, secondCommands } from "./localCommands";
import { loggedLines, steps, TestStack, type Ran } from "./testStack";

describe("stand-in for command: local.Command", function () {
  this.timeout(120_000);
  let stack: TestStack;
  let previewed: string;
  let created: Ran;
  let changed: Ran;
  let failed: Ran;
  let destroyed: string;
  let afterCreate: ReturnType<TestStack["state"]>;
  let afterFailure: typeof afterCreate;

  const written = (file: string): string => {
    try {
      return readFileSync(join(stack.folder, file), "utf8");
    } catch {
      return "";
    }
  };

  before(async () => {
    stack = await TestStack.make("command");
    const first = firstCommands(stack.folder);
    const second = { ...first, ...secondCommands(stack.folder) };
    await stack.preview(program(first));
    previewed = written("rerun");
    created = await stack.up(program(first));
    afterCreate = stack.state();
    await stack.refresh();
    changed = await stack.up(program(second));
    failed = await stack.up(program({ ...second, ...failingCommands }));
    afterFailure = stack.state();
    destroyed = await stack.destroy();
  });
  after(() => {
    stack.remove();
  });

  it("runs nothing in a preview", () => {
    assert.equal(previewed, "");
  });

  it("runs create once, with environment, stdin and dir", () => {
    assert.equal(created.failure, "");
    assert.equal(created.outputs["shown"]?.value, "hello\nfrom stdin\n/\ntwo\n");
  });

  it("keeps stdout and stderr in state as plain text, without the last newline", () => {
    const { stdout, stderr } = afterCreate.get("life")?.outputs ?? {};
    assert.deepEqual([stdout, stderr], ["out", "err"]);
    assert.deepEqual(created.outputs["empty"]?.value, "");
  });

  it("keeps an echoed secret as plain text but the secret input encrypted", () => {
    const { stdout, ...rest } = afterCreate.get("secretive")?.outputs ?? {};
    assert.equal(stdout, "s3cret");
    assert.match(JSON.stringify(rest), /"TOKEN":\{[^}]*"ciphertext"/);
    assert.doesNotMatch(JSON.stringify(rest), /s3cret/);
  });

  it("names resources by name and eight hexadecimal digits", () => {
    assert.match(afterCreate.get("life")?.id ?? "", /^life[0-9a-f]{8}$/);
  });

  it("runs the command after the interpreter given", () => {
    assert.equal(created.outputs["interpreted"]?.value, "42");
  });

  it("returns the files that the globs pick as assets and as an archive", () => {
    const assets = created.outputs["assets"]?.value as Record<string, { path: string }>;
    assert.deepEqual(Object.keys(assets), ["a/b/x.js"]);
    assert.equal(assets["a/b/x.js"]?.path, join(stack.folder, "project/a/b/x.js"));
    const archive = created.outputs["archive"]?.value as { assets: Record<string, unknown> };
    assert.deepEqual(Object.keys(archive.assets), ["z.txt"]);
  });

  it("logs each line live beside the resource, as the logging mode says", () => {
    assert.deepEqual(loggedLines(created, "both"), ["1", "2"]);
    assert.deepEqual(loggedLines(created, "out"), ["1"]);
    assert.deepEqual(loggedLines(created, "err"), ["2"]);
    assert.deepEqual(loggedLines(created, "none"), []);
    assert.deepEqual(loggedLines(created, "life").sort(), ["err", "out"]);
  });

  it("takes a line of any length when logging is off", () => {
    assert.equal((created.outputs["none"]?.value as string).length, 70_000);
  });

  it("runs the invoke at every operation", () => {
    assert.equal(created.outputs["invoked"]?.value, "ran");
    assert.equal(created.outputs["invokedOutput"]?.value, "in");
  });

  it("runs update, with the last output in the environment, when an input changes", () => {
    assert.deepEqual(steps(changed, "life"), ["update"]);
    assert.equal(written("life"), "update after out, err\n");
  });

  it("runs create again, and not delete, when there is no update", () => {
    assert.deepEqual(steps(changed, "rerun"), ["update"]);
    assert.equal(
      written("rerun").split("\n").slice(0, 2).join("\n"),
      "create 1, before: \ncreate 2, before: done",
    );
  });

  it("leaves the last output out of the environment when told to", () => {
    assert.deepEqual(
      [created.outputs["forgetful"]?.value, changed.outputs["forgetful"]?.value],
      ["[]", "[]"],
    );
  });

  it("creates the new before it deletes the old, from old state, when a trigger changes", () => {
    assert.deepEqual(steps(changed, "triggered"), [
      "create-replacement",
      "replace",
      "delete-replaced",
    ]);
    assert.match(written("triggered"), /^create 1\ncreate 2\ndelete 1\n/);
  });

  it("runs nothing when nothing changed, also after a refresh", () => {
    assert.deepEqual(steps(changed, "quiet"), ["same"]);
    assert.deepEqual(steps(changed, "files"), ["same"]);
  });

  it("leaves no state when create fails, and says how in the official words", () => {
    assert.equal(afterFailure.has("neverMade"), false);
    assert.match(
      failed.failure,
      /error: signal: killed: running "echo \\"a\\tb\\"; kill -9 \$\$":\n\s+a\tb/,
    );
  });

  it("keeps the old state when update fails", () => {
    assert.match(
      failed.failure,
      /error: exit status 3: running "echo half; echo wrong >&2; exit 3":\n\s+half\n\s+wrong/,
    );
    assert.equal(afterFailure.get("quiet")?.inputs["create"], "echo same");
    assert.equal(afterFailure.get("quiet")?.outputs["stdout"], "same");
  });

  it("names a missing folder and a missing interpreter", () => {
    assert.match(
      failed.failure,
      /error: chdir \/no\/such\/folder: no such file or directory: running "true"/,
    );
    assert.match(
      failed.failure,
      /error: exec: "no-such-program": executable file not found in \$PATH: running "true"/,
    );
  });

  it("fails at once on a logged line of 64 KiB, which hangs the official plugin", () => {
    assert.match(failed.failure, /error: a line of 65536 bytes or more was printed/);
    assert.equal(afterFailure.has("tooLong"), false);
  });

  it("runs delete from state on destroy, and only where there is one", () => {
    assert.equal(destroyed, "");
    assert.match(written("rerun"), /\ndelete 2\n$/);
    assert.match(written("triggered"), /\ndelete 1\ndelete 2\n$/);
  });
});
