import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { declareBox } from "../../components/declareBox";
import { declareSite } from "../../components/declareSite";
import { projectRoot } from "../../ops/setup/folders";
import type { AccountFacts } from "../../settings/aws/account";
import type { AwsSourceFacts } from "../../settings/aws/sourceFacts";
import { checkSettings } from "../../settings/parse";
import type { AwsPlan } from "../../settings/plan";
import { nameOf, outputsOf, waitsFor } from "./awsBuild";
import { RecordedStack } from "./recordedStack";

type Raw = Record<string, unknown>;

const machine = { imageId: "ami-1", sshUser: "admin", instanceType: "t3.medium" };

const facts: Readonly<Record<"bake" | "ami", AwsSourceFacts>> = {
  bake: {
    type: "bake",
    architecture: "amd64",
    base: {
      id: "ami-1",
      name: "debian-12",
      owner: "136693071363",
      architecture: "amd64",
      rootSnapshotId: "snap-0",
    },
    builder: machine,
  },
  ami: {
    type: "ami",
    architecture: "amd64",
    image: {
      id: "ami-2",
      name: "mine",
      owner: "1",
      architecture: "amd64",
      rootSnapshotId: "snap-2",
    },
    snapshotId: "snap-2",
  },
};

/** A plan as it is made for an account that has everything. */
function planOf(raw: Raw, source: AwsSourceFacts, worker = true): AwsPlan {
  const { settings, problems } = checkSettings({
    target: "aws",
    publish: { bucket: "acme", prefix: "boxes" },
    ...raw,
  });
  assert.deepEqual(problems, []);
  const account: AccountFacts = {
    account: "123456789012",
    region: "eu-west-1",
    vpcId: "vpc-1",
    sshCidr: "192.0.2.7/32",
    source,
    ...(worker && { worker: { ...machine, instanceType: "c6i.xlarge" } }),
  };
  return {
    settings,
    source: {
      type: source.type,
      settings: settings?.source,
      fingerprint: "0123456789abcdef",
      facts: account,
    },
    boxName: "demo",
    version: "1.0.0",
    recipe: "recipe",
    architectures: ["amd64"],
    boxes: [{ provider: "virtualbox", architecture: "amd64" }],
    ...(worker && { publish: { bucket: "acme", prefix: "boxes", region: "eu-west-1" } }),
    published: [],
    workDirectory: "/var/tmp/ami2box/demo",
    userScripts: [],
    userScriptsDigest: "none",
    diskBytes: 2 ** 32,
    authorizedKeys: "",
    provenance: { recipe: "recipe", source: "an AMI" },
  } as unknown as AwsPlan;
}

/** The stack of a plan, and the names of its outputs. */
async function record(plan: AwsPlan): Promise<{ stack: RecordedStack; amiId: boolean }> {
  let amiId = false;
  const stack = await RecordedStack.of(
    async () => {
      const site = await declareSite(plan, projectRoot());
      amiId = site.amiId !== undefined;
      if (site.worker && plan.publish) {
        declareBox(plan, { worker: site.worker, source: site.source, publish: plan.publish });
      }
    },
    { outputsOf, localOutput: () => "2026-11-24T01:00:00Z" },
  );
  return { stack, amiId };
}

const bakeRaw: Raw = {
  source: { type: "bake", base: { ami: "ami-0123456789abcdef0" }, keepDays: 30 },
  provisioning: { scripts: ["README.md", { reboot: true }] },
};

describe("the program for EC2", function () {
  this.timeout(60_000);

  const remote = (stack: RecordedStack): string[] =>
    stack.registrations
      .filter(({ type }) => type.startsWith("command:remote:"))
      .map(({ name }) => name);
  const ofType = (stack: RecordedStack, type: string): string[] =>
    stack.registrations.filter((each) => each.type === type).map(({ name }) => name);

  describe("with a bake", () => {
    let stack: RecordedStack;
    let amiId: boolean;

    before(async () => {
      ({ stack, amiId } = await record(planOf(bakeRaw, facts.bake)));
    });

    it("prepares the worker while the image is baked: only the volume waits for both", () => {
      for (const name of ["worker-instance", "stages-directory", "stages-kit", "stages-prepare"]) {
        const bakes = [...waitsFor(stack, name)].filter((each) => each.startsWith("bake"));
        assert.deepEqual(bakes, [], name);
      }
      const volume = waitsFor(stack, "source-volume");
      assert.ok(volume.has("bake-01234567-image"));
      assert.ok(!volume.has("stages-prepare"));
    });

    it("looks at the source once it is attached, and once the worker may publish", () => {
      const first = waitsFor(stack, "preflight-checks");
      for (const name of ["source-attachment", "stages-prepare", "role-policy", "network-ssh"]) {
        assert.ok(first.has(name), name);
      }
    });

    it("runs nothing on an instance that goes away", () => {
      const names = remote(stack);
      assert.ok(names.includes("preflight-checks"), names.join());
      for (const name of names) {
        const { deletedWith, replaceWith } = stack.optionsOf(name);
        const instance = name.startsWith("bake") ? "bake-01234567-builder" : "worker-instance";
        assert.equal(nameOf(deletedWith), instance, name);
        assert.deepEqual(replaceWith.map(nameOf), [instance], name);
        assert.equal(stack.get(name).inputs["delete"], undefined, name);
      }
    });

    it("runs the user's steps on the builder, and not again on the worker", () => {
      const steps = remote(stack).filter((name) => name.startsWith("bake-01234567-own"));
      assert.ok(steps.length >= 2, steps.join());
      assert.ok(!remote(stack).some((name) => name.startsWith("user-scripts")));
    });

    it("keeps the image for the days that are set", () => {
      assert.equal(stack.optionsOf("bake-01234567-image").retainOnDelete, true);
      assert.equal(
        stack.get("bake-01234567-image").inputs["deprecationTime"],
        "2026-12-24T01:00:00Z",
      );
    });

    it("gives the image's id out", () => {
      assert.ok(amiId);
    });
  });

  it("makes nothing but the image where that is all that is wanted", async () => {
    const raw = { source: { ...(bakeRaw["source"] as Raw), only: true } };
    const { stack, amiId } = await record(planOf(raw, facts.bake, false));
    assert.ok(amiId);
    assert.deepEqual(ofType(stack, "aws:ec2/instance:Instance"), ["bake-01234567-builder"]);
    assert.deepEqual(ofType(stack, "aws:iam/role:Role"), []);
    assert.deepEqual(ofType(stack, "aws:ebs/volume:Volume"), []);
  });

  it("bakes nothing for an AMI that is there", async () => {
    const raw = { source: { type: "ami", id: "ami-0123456789abcdef0" } };
    const { stack, amiId } = await record(planOf(raw, facts.ami));
    assert.ok(amiId);
    assert.deepEqual(ofType(stack, "aws:ec2/instance:Instance"), ["worker-instance"]);
    assert.deepEqual(ofType(stack, "aws:ec2/amiFromInstance:AmiFromInstance"), []);
    assert.equal(stack.get("source-volume").inputs["snapshotId"], "snap-2");
  });

  it("hands the settings on to the machines", async () => {
    const raw = {
      source: { type: "ami", id: "ami-0123456789abcdef0" },
      worker: {
        spot: true,
        rootGiB: 60,
        subnetId: "subnet-0123456789abcdef0",
        volumeInitializationRate: 200,
      },
    };
    const { stack } = await record(planOf(raw, facts.ami));
    const { inputs } = stack.get("worker-instance");
    assert.equal(inputs["instanceType"], "c6i.xlarge");
    assert.equal(inputs["subnetId"], "subnet-0123456789abcdef0");
    assert.equal((inputs["rootBlockDevice"] as Raw)["volumeSize"], 60);
    assert.equal((inputs["instanceMarketOptions"] as Raw)["marketType"], "spot");
    assert.equal(stack.get("network-group").inputs["vpcId"], "vpc-1");
    assert.equal(stack.get("network-ssh").inputs["cidrIpv4"], "192.0.2.7/32");
    assert.equal(stack.get("source-volume").inputs["volumeInitializationRate"], 200);
  });

  it("keeps the private key a secret wherever it goes", async () => {
    const { stack } = await record(planOf(bakeRaw, facts.bake));
    for (const name of remote(stack)) {
      assert.ok(pulumi.runtime.isRpcSecret(stack.get(name).inputs["connection"]), name);
    }
  });
});
