import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";

import { parse } from "yaml";

import { publishPolicy } from "../../components/policies";
import { makeUserScript, nameOf, plain, recordAwsBuild, waitsFor } from "./awsBuild";
import type { RecordedStack } from "./recordedStack";

const bake = "bake-01234567";

/** The cloud-config an instance is started with. */
function userData(stack: RecordedStack, instance: string): Record<string, unknown> {
  const text = String(plain(stack.get(instance).inputs["userData"]));
  assert.match(text, /^#cloud-config\n/);
  return parse(text) as Record<string, unknown>;
}

describe("an AWS build", () => {
  let stack: RecordedStack;
  const commandNames = (): string[] =>
    stack.registrations
      .filter(({ type }) => type.startsWith("command:remote:"))
      .map(({ name }) => name);
  const ofType = (type: string): string[] =>
    stack.registrations.filter((each) => each.type === type).map(({ name }) => name);
  const inputs = (name: string): Readonly<Record<string, unknown>> => stack.get(name).inputs;

  before(async () => {
    stack = await recordAwsBuild();
  });

  it("boots the worker while the image is baked: only the volume waits for the snapshot", () => {
    const bakes = [...waitsFor(stack, "worker-instance")].filter((name) => name.startsWith("bake"));
    assert.deepEqual(bakes, []);
    assert.ok(waitsFor(stack, "source-volume").has(`${bake}-image`));
    assert.ok(waitsFor(stack, "source-attachment").has("worker-instance"));
  });

  it("bakes on the base image and works on a stock one", () => {
    assert.equal(inputs(`${bake}-builder`)["ami"], "ami-base");
    assert.equal(inputs("worker-instance")["ami"], "ami-stock");
  });

  it("runs nothing on a machine that is going away", () => {
    const commands = commandNames();
    assert.ok(commands.length >= 6);
    for (const name of commands) {
      const options = stack.optionsOf(name);
      assert.equal(inputs(name)["delete"], undefined, name);
      assert.equal(nameOf(options.deletedWith), `${bake}-builder`, name);
      assert.deepEqual(options.replaceWith.map(nameOf), [`${bake}-builder`], name);
    }
  });

  it("reaches the builder only once SSH may come in", () => {
    assert.ok(waitsFor(stack, `${bake}-provision`).has("network-ssh"));
  });

  it("hands the role out only once its policy is attached", () => {
    assert.ok(waitsFor(stack, "worker-instance").has("role-policy"));
  });

  it("pins every machine's host key, which it makes itself", () => {
    for (const [instance, key] of [
      ["worker-instance", "worker-host-key"],
      [`${bake}-builder`, `${bake}-host-key`],
    ] as const) {
      const { ssh_keys: keys } = userData(stack, instance);
      assert.deepEqual(keys, {
        ed25519_private: `PRIVATE KEY of ${key}`,
        ed25519_public: `ssh-ed25519 AAAA-${key}`,
      });
    }
    const connection = plain(inputs(`${bake}-prepare`)["connection"]) as Record<string, unknown>;
    assert.equal(connection["hostKey"], `ssh-ed25519 AAAA-${bake}-host-key`);
    assert.equal(connection["user"], "ubuntu");
  });

  it("has every machine end itself, before anything else it does", () => {
    for (const instance of ["worker-instance", `${bake}-builder`]) {
      const [first] = userData(stack, instance)["bootcmd"] as string[][];
      assert.equal(first?.[0], "systemd-run", instance);
      assert.ok(first?.includes(`--on-active=${4 * 3600}`));
      // cloud-init stands before sysinit.target, for which units wait by default: a boot that never ends.
      assert.ok(first?.includes("--timer-property=DefaultDependencies=no"));
    }
    assert.equal(inputs("worker-instance")["instanceInitiatedShutdownBehavior"], "terminate");
    assert.equal(inputs(`${bake}-builder`)["instanceInitiatedShutdownBehavior"], "stop");
  });

  it("gives the vagrant user to the builder alone", () => {
    const users = userData(stack, `${bake}-builder`)["users"] as unknown[];
    assert.equal(users[0], "default");
    assert.equal((users[1] as { name: string }).name, "vagrant");
    assert.equal(userData(stack, "worker-instance")["users"], undefined);
  });

  it("lets instance metadata be asked with a token, from the machine itself, alone", () => {
    for (const name of ofType("aws:ec2/instance:Instance")) {
      assert.deepEqual(inputs(name)["metadataOptions"], {
        httpEndpoint: "enabled",
        httpTokens: "required",
        httpPutResponseHopLimit: 1,
      });
    }
  });

  it("opens SSH to one place and lets the web out, and nothing else", () => {
    const rule = (name: string): unknown[] =>
      ["fromPort", "toPort", "cidrIpv4"].map((key) => inputs(name)[key]);
    assert.deepEqual(
      ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").map(rule),
      [[22, 22, "192.0.2.7/32"]],
    );
    assert.deepEqual(ofType("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule").map(rule), [
      [80, 80, "0.0.0.0/0"],
      [443, 443, "0.0.0.0/0"],
    ]);
  });

  it("lets the worker write and read below one prefix, in the bucket's partition", () => {
    const [statement] = (
      JSON.parse(publishPolicy({ bucket: "b", prefix: "", region: "cn-north-1" })) as {
        Statement: { Resource: string; Action: string[] }[];
      }
    ).Statement;
    assert.equal(statement?.Resource, "arn:aws-cn:s3:::b/*");
    assert.ok(!statement?.Action.some((action) => /List(Bucket|AllMyBuckets)|\*/.test(action)));
    assert.match(String(inputs("role-policy")["policy"]), /"arn:aws:s3:::boxes\/vagrant\/\*"/);
  });

  it("tags everything that can be tagged, the snapshot too, with whose it is and until when", () => {
    const expected = {
      "ami2box:project": "ami2box",
      "ami2box:stack": "test",
      "ami2box:run": "1a2b3c4d",
      "ami2box:expires": "2026-11-24T05:00:00Z",
    };
    const untaggable = /securityGroup(In|E)gressRule|rolePolicy|volumeAttachment|ec2\/tag/;
    const tagged = stack.registrations.filter(
      ({ type }) => type.startsWith("aws:") && !untaggable.test(type),
    );
    assert.equal(tagged.length, 8);
    for (const { name, inputs: given } of tagged) {
      const tags = Object.entries(given["tags"] as object).filter(([key]) => key !== "Name");
      assert.deepEqual(Object.fromEntries(tags), expected, name);
    }
    const snapshotTags = ofType("aws:ec2/tag:Tag").map((name) => {
      assert.equal(inputs(name)["resourceId"], "snap-1");
      return [inputs(name)["key"], inputs(name)["value"]];
    });
    assert.deepEqual(Object.fromEntries(snapshotTags), expected);
  });

  it("keeps the key's private half out of every command and every plain input", () => {
    for (const { name, inputs: given } of stack.registrations) {
      const visible = JSON.stringify(given, (_, value: unknown) =>
        plain(value) === value ? value : "[secret]",
      );
      assert.ok(!visible.includes("PRIVATE KEY"), name);
    }
  });
});

describe("a bake", () => {
  const create = (stack: RecordedStack, name: string): string =>
    String(stack.get(`${bake}-${name}`).inputs["create"]);

  it("runs prepare, common, the user's own, shared folders and the clean-up, in that order", async () => {
    const script = makeUserScript();
    const stack = await recordAwsBuild({ userSteps: [{ script }, { reboot: true }] });
    fs.rmSync(path.dirname(script), { recursive: true });
    const order = ["prepare", "common", "own-1", "own-2", "guest-additions", "generalise", "image"];
    for (const [index, name] of order.entries()) {
      const before = waitsFor(stack, `${bake}-${name}`);
      for (const [other, earlier] of order.entries()) {
        assert.equal(before.has(`${bake}-${earlier}`), other < index, `${name} after ${earlier}`);
      }
    }
    assert.match(create(stack, "own-1"), /run-script\.sh '[^']*\/own\/1\/install it\.sh' 3600$/);
    assert.match(create(stack, "own-2"), /reboot\.sh$/);
  });

  it("bounds every script in time and gives the vagrant user no key but its own", async () => {
    const stack = await recordAwsBuild();
    for (const name of ["prepare", "common", "guest-additions", "generalise"]) {
      assert.match(create(stack, name), /^[A-Z].* bash \S+\/run-script\.sh '\S+\.sh' \d+$/);
    }
    assert.match(
      create(stack, "common"),
      /AMI2BOX_ACCESS='private' AMI2BOX_AUTHORIZED_KEY='ssh-ed25519 AAAA-key-key'/,
    );
  });

  it("is another one, beside the old, for another recipe, and the same for the same", async () => {
    const names = async (recipe: string): Promise<string[]> =>
      (await recordAwsBuild({ recipe })).registrations
        .map(({ name }) => name)
        .filter((name) => name.startsWith("bake-"));
    const first = await names("0123456789abcdef");
    assert.deepEqual(await names("0123456789abcdef"), first);
    const second = await names("fedcba9876543210");
    assert.deepEqual(
      first.filter((name) => second.includes(name)),
      [],
    );
  });

  it("keeps the image on destroy when asked, tagged and deprecated by a date", async () => {
    const stack = await recordAwsBuild({ keepUntil: "2026-12-24T01:00:00Z" });
    const image = stack.get(`${bake}-image`).inputs;
    assert.equal(image["deprecationTime"], "2026-12-24T01:00:00Z");
    assert.equal(
      (image["tags"] as Record<string, string>)["ami2box:expires"],
      "2026-12-24T01:00:00Z",
    );
    assert.equal(stack.get(`${bake}-snapshot-expires`).inputs["value"], "2026-12-24T01:00:00Z");
    for (const name of ["image", "snapshot-expires"]) {
      assert.ok(stack.optionsOf(`${bake}-${name}`).retainOnDelete, name);
    }
    assert.ok(!stack.optionsOf(`${bake}-builder`).retainOnDelete);
  });

  it("removes the image on destroy otherwise", async () => {
    const stack = await recordAwsBuild();
    assert.ok(!stack.optionsOf(`${bake}-image`).retainOnDelete);
    assert.equal(stack.get(`${bake}-image`).inputs["deprecationTime"], undefined);
  });
});
