import assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import * as pulumi from "@pulumi/pulumi";

import program from "../../index";
import { onlyVariable } from "../../settings/boxPlans";
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
      const declared = (await program()) as Record<string, pulumi.Output<string>>;
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

  describe("for several boxes", () => {
    const boxes = [
      { box: { name: "acme/one", version: "1.0.0" } },
      { box: { name: "acme/two", bootProof: false } },
    ];

    it("declares for each its own chain in a folder of its own, and gives all of them out by name", async () => {
      configure({ boxes });
      let outputs: Record<string, unknown> | undefined;
      const stack = await RecordedStack.of(async () => {
        const { boxes: made } = (await program()) as {
          boxes: pulumi.Output<Record<string, unknown>>;
        };
        outputs = await valueOf(made);
      });
      assert.deepEqual(Object.keys(outputs ?? {}), ["acme/one", "acme/two"]);
      const { "acme/one": one } = outputs as unknown as Record<string, Record<string, string>>;
      assert.equal(one?.["boxVersion"], "1.0.0");
      assert.match(one["boxUrl"] ?? "", /\.box$/);
      const of = (key: string): string[] =>
        stack.commands
          .filter((name) => name.startsWith(`${key}:`))
          .map((name) => name.slice(key.length + 1));
      assert.deepEqual(of("acme--one"), [
        "worker-directory",
        "preflight-checks",
        "box-provision",
        "box-raw-disk",
        "box-box",
        "box-boot-proof",
        "box-publish",
      ]);
      assert.deepEqual(
        of("acme--two"),
        of("acme--one").filter((name) => name !== "box-boot-proof"),
      );
      assert.equal(stack.commands.length, of("acme--one").length + of("acme--two").length);
      for (const key of ["acme--one", "acme--two"]) {
        assert.equal(
          variablesOf(stack.create(`${key}:box-provision`))["WORK_DIR"],
          path.join(folder, "work", key),
        );
      }
    });

    it("lets no box wait for another", async () => {
      configure({ boxes });
      const stack = await RecordedStack.of(program);
      for (const name of stack.commands) {
        const [key] = name.split(":");
        for (const urn of stack.optionsOf(name).dependencies) {
          assert.equal(urn.split("::").at(-1)?.split(":")[0], key, `${name} waits for ${urn}`);
        }
      }
    });

    it("declares only those that are asked for, and refuses one that it does not have", async () => {
      configure({ boxes });
      process.env[onlyVariable] = "acme/two";
      try {
        const stack = await RecordedStack.of(program);
        assert.ok(stack.commands.every((name) => name.startsWith("acme--two:")));
        process.env[onlyVariable] = "acme/two,acme/three";
        await RecordedStack.of(() =>
          assert.rejects(
            program,
            /AMI2BOX_ONLY: acme\/three is no box of the stack; allowed: acme\/one, acme\/two/,
          ),
        );
      } finally {
        delete process.env[onlyVariable];
      }
    });
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
