import assert from "node:assert/strict";
import * as fs from "node:fs";

import { RecordedStack, valueOf, variablesOf } from "./recordedStack";
import { chain, declareDebianBox, makeSampleProject } from "./sampleProgram";

describe("the chain of stages", () => {
  let project: string;
  let stack: RecordedStack;
  let outputs: Record<string, string>;

  before(async () => {
    project = makeSampleProject();
    stack = await RecordedStack.of(async () => {
      const { boxUrl, catalogUrl, boxSha256, boxVersion, reportUrl } = declareDebianBox(project);
      outputs = {
        boxUrl: await valueOf(boxUrl),
        catalogUrl: await valueOf(catalogUrl),
        boxSha256: await valueOf(boxSha256),
        boxVersion: await valueOf(boxVersion),
        reportUrl: await valueOf(reportUrl),
      };
    });
  });

  after(() => fs.rmSync(project, { recursive: true, force: true }));

  it("is the work directory and one command for each stage, and no other resource", () => {
    assert.deepEqual(stack.commands, ["worker-directory", ...chain]);
    const components = stack.registrations.filter(({ type }) => type.startsWith("ami2box:"));
    assert.deepEqual(components.map(({ type, name }) => `${type} ${name}`).sort(), [
      "ami2box:index:BoxPipeline box",
      "ami2box:index:DebianSource source",
      "ami2box:index:LocalWorker worker",
      "ami2box:index:Preflight preflight",
    ]);
    assert.equal(stack.registrations.length, stack.commands.length + components.length);
  });

  it("begins no stage before its predecessor has ended", () => {
    assert.deepEqual(
      stack.moments,
      ["worker-directory", ...chain].flatMap((name) => [`begin ${name}`, `end ${name}`]),
    );
  });

  it("feeds each stage with what its predecessor made", () => {
    const fed = (name: string): Record<string, string> => variablesOf(stack.create(name));
    assert.deepEqual(
      {
        provision: [fed("box-provision")["SOURCE_TREE"], fed("box-provision")["SOURCE_DIGEST"]],
        disk: [fed("box-raw-disk")["PROVISIONED"], fed("box-raw-disk")["PROVISIONED_SHA256"]],
        box: [fed("box-box")["RAW_DISK"], fed("box-box")["RAW_DISK_SHA256"]],
        proof: [fed("box-boot-proof")["BOX"], fed("box-boot-proof")["BOX_SHA256"]],
        publish: JSON.parse(fed("box-publish")["BOXES"] ?? "") as unknown,
      },
      {
        provision: ["/made/bootstrap", "sha256-of-bootstrap"],
        disk: ["/made/provision", "sha256-of-provision"],
        box: ["/made/raw-disk", "sha256-of-raw-disk"],
        proof: ["/made/box", "sha256-of-box"],
        publish: [
          {
            file: "/made/box",
            sha256: "sha256-of-box",
            provider: "virtualbox",
            architecture: "amd64",
          },
        ],
      },
    );
  });

  for (const [index, name] of chain.slice(1).entries()) {
    it(`knows what follows ${name} only when that has run`, async () => {
      const preview = await RecordedStack.of(() => declareDebianBox(project), { notYetRun: name });
      const known = chain.filter((each) => preview.isKnown(each));
      assert.deepEqual(known, chain.slice(0, index + 2));
    });
  }

  it("publishes after the boot proof, with the facts of every stage before", () => {
    const urn = "urn:pulumi:test::ami2box::ami2box:index:BoxPipeline$command:local:Command";
    assert.ok(stack.optionsOf("box-publish").dependencies.includes(`${urn}::box-boot-proof`));
    const { STAGES = "" } = variablesOf(stack.create("box-publish"));
    assert.deepEqual(
      (JSON.parse(STAGES) as { stage: string }[]).map(({ stage }) => stage),
      ["preflight", "bootstrap", "provision", "raw-disk", "box", "boot-proof"],
    );
  });

  it("gives out where the box, its catalog and its report are", () => {
    assert.deepEqual(outputs, {
      boxUrl: "file:///out/demo/1.0.0/virtualbox-amd64.box",
      catalogUrl: "file:///out/demo/catalog.json",
      boxSha256: "sha256-of-box",
      boxVersion: "1.0.0",
      reportUrl: "file:///out/demo/1.0.0/report.html",
    });
  });

  it("publishes without a boot proof when none is asked for", async () => {
    const without = await RecordedStack.of(() =>
      declareDebianBox(project, { bootProof: undefined }),
    );
    assert.ok(!without.commands.includes("box-boot-proof"));
    const variables = variablesOf(without.create("box-publish"));
    assert.equal(variables["PROOF_DIR"], "");
    assert.ok(!variables["STAGES"]?.includes("boot-proof"));
  });

  it("derives the file system's UUID from the box and what is in it, and from nothing else", async () => {
    const uuidWith = async (facts: object, name = "demo"): Promise<string | undefined> => {
      const other = await RecordedStack.of(
        () => {
          const box = { version: "1.0.0", description: "", diskBytes: 2 ** 32, hardware: {} };
          declareDebianBox(project, {
            box: {
              ...box,
              name,
              firmware: "bios",
              access: "public",
              authorizedKeys: "",
              vagrantfile: [],
              compression: "fast",
            },
          });
        },
        { facts: { provision: facts as Record<string, unknown> } },
      );
      return variablesOf(other.create("box-raw-disk"))["FS_UUID"];
    };
    const first = await uuidWith({ sha256: "a" });
    assert.match(first ?? "", /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.equal(await uuidWith({ sha256: "a", seconds: 99 }), first);
    assert.notEqual(await uuidWith({ sha256: "b" }), first);
    assert.notEqual(await uuidWith({ sha256: "a" }, "other"), first);
  });
});
