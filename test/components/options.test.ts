import assert from "node:assert/strict";
import * as fs from "node:fs";

import * as pulumi from "@pulumi/pulumi";

import { ImageSource } from "../../components/ImageSource";
import { LocalWorker } from "../../components/LocalWorker";
import { projectRoot } from "../../ops/setup/folders";
import { RecordedStack, valueOf } from "./recordedStack";
import { chain, declareDebianBox, makeSampleProject } from "./sampleProgram";

/** The component each command belongs to, by the start of the command's name. */
const parents: Readonly<Record<string, string>> = {
  worker: "LocalWorker",
  preflight: "Preflight",
  source: "DebianSource",
  box: "BoxPipeline$ami2box:index:BoxBuild",
};

describe("resources", () => {
  let stack: RecordedStack;

  before(async () => {
    const project = makeSampleProject();
    stack = await RecordedStack.of(() => declareDebianBox(project));
    fs.rmSync(project, { recursive: true, force: true });
  });

  it("are children of the component whose name their own begins with", () => {
    for (const name of stack.commands) {
      const owner = name.slice(0, name.indexOf("-"));
      const component = name === "box-publish" ? "BoxPipeline" : parents[owner];
      assert.equal(
        stack.optionsOf(name).parent,
        `urn:pulumi:test::ami2box::ami2box:index:${component}::${owner}`,
        name,
      );
    }
  });

  it("wait, every stage of them, for the work directory", () => {
    for (const name of chain) {
      assert.ok(
        stack.optionsOf(name).dependencies.some((urn) => urn.endsWith("Command::worker-directory")),
        name,
      );
    }
  });

  it("have nothing to do at destroy but the work directory, which goes with all that is in it", () => {
    const withDelete = stack.registrations.filter(({ inputs }) => "delete" in inputs);
    assert.deepEqual(
      withDelete.map(({ name, inputs }) => [name, inputs["delete"]]),
      [["worker-directory", "bash scripts/work-directory.sh remove 'work/demo'"]],
    );
  });

  it("carry nothing a stage does not need: no environment, no standard input, no secret", () => {
    for (const name of chain) {
      const { inputs } = stack.get(name);
      assert.deepEqual(
        Object.keys(inputs).sort(),
        ["addPreviousOutputInEnv", "create", "logging", "triggers"],
        name,
      );
      assert.equal(inputs["logging"], "stderr", name);
      assert.equal(inputs["addPreviousOutputInEnv"], false, name);
      assert.deepEqual(Object.values(inputs).filter(pulumi.runtime.isRpcSecret), [], name);
    }
  });
});

describe("LocalWorker", () => {
  it("quotes the work directory's path for the shell", async () => {
    const stack = await RecordedStack.of(
      () =>
        new LocalWorker("w", { projectDirectory: projectRoot(), workDirectory: "/srv/it's; here" }),
    );
    assert.equal(
      stack.create("w-directory"),
      "bash scripts/work-directory.sh make '/srv/it'\\''s; here'",
    );
    assert.deepEqual(stack.get("w-directory").inputs["triggers"], ["/srv/it's; here"]);
  });

  it("gives out the work directory only when it has been made", async () => {
    let directory: string | undefined;
    const stack = await RecordedStack.of(async ({ moments }) => {
      const options = { projectDirectory: projectRoot(), workDirectory: "work" };
      directory = await valueOf(new LocalWorker("w", options).workDirectory);
      assert.deepEqual(moments, ["begin w-directory", "end w-directory"]);
    });
    assert.equal(directory, "work");
    assert.equal(stack.commands.length, 1);
  });
});

describe("ImageSource", () => {
  it("makes no resource but itself, and tells stages how to open the image", async () => {
    let source: ImageSource | undefined;
    const stack = await RecordedStack.of(() => {
      source = new ImageSource("source", {
        path: "/srv/disk image.qcow2",
        format: "qcow2",
        fingerprint: "512 2026-11-24",
      });
    });
    assert.deepEqual(
      stack.registrations.map(({ type, name }) => [type, name]),
      [["ami2box:index:ImageSource", "source"]],
    );
    assert.deepEqual(await valueOf(source!.variables), {
      SOURCE_TYPE: "image",
      IMAGE: "/srv/disk image.qcow2",
      IMAGE_FORMAT: "qcow2",
    });
    assert.equal(await valueOf(source!.digest), "512 2026-11-24");
    assert.deepEqual(source!.results, []);
  });
});
