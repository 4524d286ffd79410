import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import { nameOf, waitsFor } from "./awsBuild";
import { bakeRaw, facts, planOf, record, recordBoxes, type Raw } from "./awsPlans";
import type { RecordedStack } from "./recordedStack";

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

  describe("for several boxes", () => {
    let stack: RecordedStack;
    const shared = /^(run|key|network|role)-/;
    const keys = ["one", "acme--two"];

    before(async () => {
      stack = await recordBoxes([
        { key: "one", plan: planOf(bakeRaw, facts.bake) },
        {
          key: "acme--two",
          plan: planOf({ source: { type: "ami", id: "ami-0123456789abcdef0" } }, facts.ami),
        },
      ]);
    });

    it("gives each its own machines, and all of them one key pair, group and role", () => {
      assert.deepEqual(ofType(stack, "aws:ec2/instance:Instance").sort(), [
        "acme--two:worker-instance",
        "one:bake-01234567-builder",
        "one:worker-instance",
      ]);
      for (const type of [
        "ec2/keyPair:KeyPair",
        "ec2/securityGroup:SecurityGroup",
        "iam/role:Role",
      ]) {
        assert.equal(ofType(stack, `aws:${type}`).length, 1, type);
      }
    });

    it("lets no box wait for another", () => {
      for (const { name, type } of stack.registrations) {
        if (type.startsWith("ami2box:") || type.startsWith("pulumi:")) continue;
        const key = keys.find((each) => name.startsWith(`${each}:`));
        for (const other of waitsFor(stack, name)) {
          assert.ok(
            shared.test(other) || keys.find((each) => other.startsWith(`${each}:`)) === key,
            `${name} waits for ${other}`,
          );
        }
      }
    });

    it("tells each report the cost of that box's own machines", () => {
      const costOf = (key: string): string =>
        String(stack.get(`${key}:box-publish`).inputs["create"]);
      assert.match(costOf("one"), /"name":"builder"/);
      assert.doesNotMatch(costOf("acme--two"), /"name":"builder"/);
      assert.match(costOf("acme--two"), /"name":"worker"/);
    });
  });
});
