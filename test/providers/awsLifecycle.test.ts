import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import {
  DeleteTagsCommand,
  DeleteVolumeCommand,
  DescribeInstanceAttributeCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSnapshotsCommand,
  RevokeSecurityGroupIngressCommand,
} from "@aws-sdk/client-ec2";
import { DeleteRolePolicyCommand, GetRoleCommand, GetRolePolicyCommand } from "@aws-sdk/client-iam";

import { everything, first, secretWord } from "./awsProgram";
import { AwsWorld, tagMap } from "./awsWorld";
import { steps, type Ran } from "./testStack";

const resources = [
  ...["pair", "group", "ingress", "egress", "role", "policy", "profile"],
  ...["instance", "image", "mark", "volume", "attachment"],
];

const sameEverywhere = (ran: Ran): void => {
  assert.equal(ran.failure, "");
  for (const name of resources) assert.deepEqual(steps(ran, name), ["same"], name);
};

const replaced = ["create-replacement", "replace", "delete-replaced"];

describe("stand-in for aws: the life of resources", function () {
  this.timeout(300_000);
  let world: AwsWorld;
  let created: Ran;
  const text = (name: string, ran = created): string => ran.outputs[name]?.value as string;

  before(async () => {
    world = await AwsWorld.start();
    created = await world.stack.up(everything());
    assert.equal(created.failure, "");
  });
  after(() => world.stop());

  describe("once created", () => {
    it("has a running instance with its address, profile, key and metadata settings", async () => {
      const instance = await world.instance(text("instanceId"));
      assert.equal(instance.State?.Name, "running");
      assert.equal(instance.PublicIpAddress, text("publicIp"));
      assert.equal(instance.Placement?.AvailabilityZone, text("zone"));
      assert.equal(instance.KeyName, first.keyName);
      assert.equal(instance.IamInstanceProfile?.Arn, text("profileArn"));
      assert.equal(instance.MetadataOptions?.HttpTokens, "required");
      assert.deepEqual(tagMap(instance.Tags), { Name: "worker", run: "one" });
      assert.deepEqual(
        instance.NetworkInterfaces?.[0]?.Groups?.map(({ GroupId }) => GroupId),
        [text("groupId")],
      );
    });

    it("gave the instance its user data as they were", async () => {
      const { UserData } = await world.ec2.send(
        new DescribeInstanceAttributeCommand({
          InstanceId: text("instanceId"),
          Attribute: "userData",
        }),
      );
      const sent = Buffer.from(UserData?.Value ?? "", "base64").toString();
      assert.equal(sent, first.userData);
    });

    it("tags the root disk and tells its id", async () => {
      const volume = await world.volume(text("rootVolume"));
      assert.equal(volume?.Size, first.rootGiB);
      assert.equal(volume?.VolumeType, "gp3");
      assert.deepEqual(tagMap(volume?.Tags), { run: "one" });
    });

    it("has an image whose snapshot is the one it names, and carries the mark", async () => {
      const image = await world.image(text("imageId"));
      assert.equal(image?.Name, first.imageName);
      assert.equal(image?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId, text("snapshotId"));
      assert.deepEqual(tagMap(image?.Tags), { run: "one" });
      const { Snapshots } = await world.ec2.send(
        new DescribeSnapshotsCommand({ SnapshotIds: [text("snapshotId")] }),
      );
      assert.deepEqual(tagMap(Snapshots?.[0]?.Tags), { mark: "mine" });
    });

    it("attached the volume", async () => {
      const volume = await world.volume(text("volumeId"));
      assert.equal(text("attachedVolume"), text("volumeId"));
      assert.equal(volume?.Attachments?.[0]?.InstanceId, text("instanceId"));
      assert.equal(volume?.Attachments?.[0]?.State, "attached");
    });

    it("lets out of the group only what a rule allows", async () => {
      const { SecurityGroupRules = [] } = await world.ec2.send(
        new DescribeSecurityGroupRulesCommand({
          Filters: [{ Name: "group-id", Values: [text("groupId")] }],
        }),
      );
      const rules = SecurityGroupRules.map(
        ({ IsEgress, FromPort, CidrIpv4 }) => `${IsEgress ? "out" : "in"} ${FromPort} ${CidrIpv4}`,
      );
      assert.deepEqual(rules.sort(), [`in 22 ${first.sshCidr}`, "out 443 0.0.0.0/0"]);
    });

    it("keeps the user data out of readable state", () => {
      const state = readFileSync(world.stack.stateFile, "utf8");
      assert.ok(!state.includes(secretWord));
      assert.ok(!state.includes(Buffer.from(first.userData).toString("base64").slice(0, 20)));
    });

    it("writes down which calls it made", () => {
      const calls = world.loggedCalls();
      for (const call of ["ec2:RunInstances", "ec2:CreateImage", "iam:PutRolePolicy"]) {
        assert.ok(calls.includes(call), call);
      }
    });
  });

  describe("when nothing changed", () => {
    it("does nothing, neither before nor after a refresh", async () => {
      sameEverywhere(await world.stack.up(everything()));
      await world.stack.refresh();
      sameEverywhere(await world.stack.up(everything()));
    });
  });

  describe("when something changed that AWS lets be changed", () => {
    let updated: Ran;

    before(async () => {
      updated = await world.stack.up(
        everything({
          tag: "two",
          sshCidr: "192.0.2.2/32",
          roleDescription: "publishes more",
          action: "s3:GetObject",
          instanceType: "t3.small",
          rootGiB: 30,
          dataGiB: 4,
          hopLimit: 2,
          snapshotMark: "still mine",
        }),
      );
    });

    it("updates and replaces nothing", () => {
      assert.equal(updated.failure, "");
      for (const name of resources.filter((each) => !/egress|attachment/.test(each))) {
        assert.deepEqual(steps(updated, name), ["update"], name);
      }
    });

    it("changes instance type, disk and metadata settings of the same instance", async () => {
      assert.equal(text("instanceId", updated), text("instanceId"));
      const instance = await world.instance(text("instanceId"));
      assert.equal(instance.State?.Name, "running");
      assert.equal(instance.InstanceType, "t3.small");
      assert.equal(instance.MetadataOptions?.HttpPutResponseHopLimit, 2);
      assert.deepEqual(tagMap(instance.Tags), { Name: "worker", run: "two" });
      assert.deepEqual(tagMap((await world.volume(text("rootVolume")))?.Tags), { run: "two" });
    });

    it("changes role, policy and rule", async () => {
      const { Role } = await world.iam.send(new GetRoleCommand({ RoleName: "role-1" }));
      assert.equal(Role?.Description, "publishes more");
      assert.deepEqual(tagMap(Role?.Tags), { run: "two" });
      const { PolicyDocument = "" } = await world.iam.send(
        new GetRolePolicyCommand({ RoleName: "role-1", PolicyName: "publish" }),
      );
      assert.match(decodeURIComponent(PolicyDocument), /s3:GetObject/);
      const { SecurityGroupRules = [] } = await world.ec2.send(
        new DescribeSecurityGroupRulesCommand({
          Filters: [{ Name: "group-id", Values: [text("groupId")] }],
        }),
      );
      const ssh = SecurityGroupRules.filter(({ IsEgress }) => !IsEgress);
      assert.deepEqual(
        ssh.map(({ CidrIpv4 }) => CidrIpv4),
        ["192.0.2.2/32"],
      );
    });

    after(async () => {
      const back = await world.stack.up(everything());
      assert.equal(back.failure, "");
    });
  });

  describe("when something else changed", () => {
    it("replaces what cannot be changed, and its dependents", async () => {
      const ran = await world.stack.up(
        everything({ keyName: "key-2", userData: "#!/bin/sh\n", imageName: "image-2" }),
      );
      assert.equal(ran.failure, "");
      for (const name of ["pair", "instance", "image", "mark", "attachment"]) {
        assert.deepEqual(steps(ran, name), replaced, name);
      }
      for (const name of ["role", "profile", "group", "volume"]) {
        assert.deepEqual(steps(ran, name), ["same"], name);
      }
      assert.equal((await world.instance(text("instanceId"))).State?.Name, "terminated");
      assert.equal(await world.image(text("imageId")), undefined);
      created = ran;
    });
  });

  describe("when somebody else took things away", () => {
    it("finds out by a refresh and makes them again", async () => {
      const now = created;
      const { ec2, iam } = world;
      await ec2.send(
        new DeleteTagsCommand({ Resources: [text("snapshotId")], Tags: [{ Key: "mark" }] }),
      );
      await iam.send(new DeleteRolePolicyCommand({ RoleName: "role-1", PolicyName: "publish" }));
      const rules = await ec2.send(
        new DescribeSecurityGroupRulesCommand({
          Filters: [{ Name: "group-id", Values: [text("groupId")] }],
        }),
      );
      const ids = (rules.SecurityGroupRules ?? [])
        .filter(({ IsEgress }) => !IsEgress)
        .map(({ SecurityGroupRuleId }) => SecurityGroupRuleId as string);
      await ec2.send(
        new RevokeSecurityGroupIngressCommand({
          GroupId: text("groupId"),
          SecurityGroupRuleIds: ids,
        }),
      );
      await world.stack.refresh();
      const ran = await world.stack.up(
        everything({ keyName: "key-2", userData: "#!/bin/sh\n", imageName: "image-2" }),
      );
      assert.equal(ran.failure, "");
      for (const name of ["mark", "policy", "ingress"]) {
        assert.deepEqual(steps(ran, name), ["create"], name);
      }
      assert.deepEqual(steps(ran, "instance"), ["same"]);
      assert.equal(text("instanceId", ran), text("instanceId", now));
    });
  });

  describe("when everything is destroyed", () => {
    it("leaves nothing, also if some of it is gone already", async () => {
      const { ec2 } = world;
      await ec2.send(
        new DeleteTagsCommand({ Resources: [text("snapshotId")], Tags: [{ Key: "mark" }] }),
      );
      assert.equal(await world.stack.destroy(), "");
      assert.deepEqual(await world.leftovers(), []);
      await assert.rejects(ec2.send(new DeleteVolumeCommand({ VolumeId: text("volumeId") })));
    });
  });
});
