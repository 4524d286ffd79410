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
      "ami2box:index:BoxBuild box",
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

  it("tells the stages that mend something which fixes are left out", () => {
    for (const name of ["box-provision", "box-raw-disk"]) {
      assert.equal(variablesOf(stack.create(name))["SKIP_FIXES"], "cloud-users kernel", name);
    }
    assert.equal(variablesOf(stack.create("preflight-checks"))["SKIP_FIXES"], "");
  });

  it("publishes after the boot proof, with the facts of every stage before", () => {
    const { dependencies } = stack.optionsOf("box-publish");
    assert.ok(dependencies.some((urn) => urn.endsWith("Command::box-boot-proof")));
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

  describe("for several providers and architectures", () => {
    let many: RecordedStack;
    before(async () => {
      many = await RecordedStack.of(() => {
        declareDebianBox(project, { providers: ["virtualbox", "libvirt"] }, ["amd64", "arm64"]);
      });
    });
    const fed = (name: string): Record<string, string> => variablesOf(many.create(name));

    it("makes the system once for each architecture and a box of it for each provider", () => {
      const ofOne = [
        "provision",
        "raw-disk",
        "box",
        "boot-proof",
        "box-libvirt",
        "boot-proof-libvirt",
      ];
      assert.deepEqual(
        many.commands.filter((name) => name.startsWith("box-")).sort(),
        [
          ...ofOne.map((name) => `box-${name}`),
          ...ofOne.map((name) => `box-arm64-${name}`),
          "box-publish",
        ].sort(),
      );
      assert.equal(fed("box-box-libvirt")["RAW_DISK"], fed("box-box")["RAW_DISK"]);
    });

    it("keeps what is made for another architecture in a folder of its own", () => {
      assert.equal(fed("box-arm64-provision")["WORK_DIR"], "work/demo/arm64");
      assert.equal(fed("source-arm64-bootstrap")["WORK_DIR"], "work/demo/arm64");
      assert.equal(fed("box-arm64-box-libvirt")["BOX_OUT"], "work/demo/arm64/libvirt-arm64.box");
      assert.equal(fed("box-box-libvirt")["BOX_OUT"], "work/demo/libvirt-amd64.box");
    });

    it("starts ARM by EFI whatever amd64 starts by", () => {
      assert.equal(fed("box-raw-disk")["FIRMWARE"], "bios");
      assert.equal(fed("box-arm64-raw-disk")["FIRMWARE"], "efi");
      const { hardware } = JSON.parse(fed("box-arm64-box")["BOX_SETTINGS"] ?? "") as {
        hardware: { firmware: string };
      };
      assert.equal(hardware.firmware, "efi");
    });

    it("boots a second guest of the first box of an architecture alone", () => {
      const clones = many.commands.filter((name) => name.includes("boot-proof"));
      assert.deepEqual(clones.map((name) => [name, fed(name)["CLONES"]]).sort(), [
        ["box-arm64-boot-proof", "2"],
        ["box-arm64-boot-proof-libvirt", "1"],
        ["box-boot-proof", "2"],
        ["box-boot-proof-libvirt", "1"],
      ]);
    });

    it("begins with the box of the second provider when that of the first has booted", () => {
      const at = (moment: string): number => many.moments.indexOf(moment);
      assert.ok(at("begin box-box-libvirt") > at("end box-boot-proof"));
    });

    it("begins with the second architecture when the first is done", () => {
      const at = (moment: string): number => many.moments.indexOf(moment);
      assert.ok(at("begin box-arm64-provision") > at("end box-boot-proof-libvirt"));
    });

    it("publishes all of them together, when the last has booted", () => {
      const boxes = JSON.parse(fed("box-publish")["BOXES"] ?? "") as Record<string, string>[];
      assert.deepEqual(
        boxes.map(({ provider, architecture }) => `${provider}-${architecture}`),
        ["virtualbox-amd64", "libvirt-amd64", "virtualbox-arm64", "libvirt-arm64"],
      );
      const { dependencies } = many.optionsOf("box-publish");
      for (const name of many.commands.filter((each) => each.includes("boot-proof"))) {
        assert.ok(
          dependencies.some((urn) => urn.endsWith(`Command::${name}`)),
          name,
        );
      }
    });
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
