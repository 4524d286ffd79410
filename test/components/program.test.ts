import assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import * as pulumi from "@pulumi/pulumi";

import program from "../../index";
import { RecordedStack, valueOf, variablesOf } from "./recordedStack";

describe("the program", () => {
  let folder: string;

  before(() => {
    folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-program-"));
    fs.writeFileSync(path.join(folder, "acme disk.img"), Buffer.alloc(4096));
  });

  after(() => {
    pulumi.runtime.setAllConfig({});
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** Settings as Pulumi hands them over: text, and JSON where they are groups. */
  function configure(settings: Record<string, unknown>): void {
    pulumi.runtime.setAllConfig(
      Object.fromEntries(
        Object.entries({
          source: { type: "image", path: path.join(folder, "acme disk.img") },
          publish: { directory: path.join(folder, "out") },
          worker: { workDirectory: path.join(folder, "work") },
          ...settings,
        }).map(([key, value]) => [
          `ami2box:${key}`,
          typeof value === "string" ? value : JSON.stringify(value),
        ]),
      ),
    );
  }

  it("turns the stack's settings into the chain and gives out the five outputs", async () => {
    configure({ box: { version: "2.0.0", diskGiB: 3 } });
    let outputs: Record<string, string> = {};
    const stack = await RecordedStack.of(async () => {
      const declared = await program();
      const values = Object.entries(declared).map(
        async ([name, output]) => [name, await valueOf(output)] as const,
      );
      outputs = Object.fromEntries(await Promise.all(values));
    });
    assert.deepEqual(Object.keys(outputs).sort(), [
      "boxSha256",
      "boxUrl",
      "boxVersion",
      "catalogUrl",
      "reportUrl",
    ]);
    assert.equal(outputs["boxVersion"], "2.0.0");
    assert.deepEqual(stack.commands, [
      "worker-directory",
      "preflight-checks",
      "box-provision",
      "box-raw-disk",
      "box-box",
      "box-boot-proof",
      "box-publish",
    ]);
    const preflight = variablesOf(stack.create("preflight-checks"));
    assert.equal(preflight["BOX_NAME"], "acme-disk");
    assert.equal(preflight["DISK_BYTES"], String(3 * 2 ** 30));
    assert.equal(preflight["IMAGE"], path.join(folder, "acme disk.img"));
    assert.equal(
      variablesOf(stack.create("box-provision"))["SOURCE_DIGEST"],
      preflight["SOURCE_DIGEST"],
    );
  });

  it("leaves out the boot proof when the settings say so", async () => {
    configure({ box: { bootProof: false } });
    const stack = await RecordedStack.of(program);
    assert.ok(!stack.commands.includes("box-boot-proof"));
  });

  it("refuses wrong settings in one message without a stack trace, and declares nothing", async () => {
    configure({ box: { version: "next", cpus: 4 }, target: "moon" });
    const stack = await RecordedStack.of(() =>
      assert.rejects(program, (error: Error) => {
        assert.ok(pulumi.RunError.isInstance(error));
        for (const path of ["target", "box.cpus", "box.version"]) {
          assert.match(error.message, new RegExp(`  - ${path}: `));
        }
        return true;
      }),
    );
    assert.deepEqual(stack.registrations, []);
    assert.deepEqual(fs.readdirSync(folder), ["acme disk.img"]);
  });
});
