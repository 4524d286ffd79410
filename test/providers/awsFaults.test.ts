import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { everything, secretWord } from "./awsProgram";
import { AwsWorld } from "./awsWorld";

describe("stand-in for aws: what goes wrong", function () {
  this.timeout(300_000);
  let world: AwsWorld;

  const held = (name: string): boolean => world.stack.state().has(name);
  const count = (action: string): number =>
    world.gate.calls.filter((call) => call === action).length;
  const state = (): string => readFileSync(world.stack.stateFile, "utf8");

  before(async () => {
    world = await AwsWorld.start();
  });
  after(() => world.stop());
  afterEach(() => world.gate.reset());

  /** Everything is destroyed at the first try, and AWS has nothing left. */
  const destroysEverything = async (): Promise<void> => {
    assert.equal(await world.stack.destroy(), "");
    assert.deepEqual(await world.leftovers(), []);
  };

  it("waits for what passes by itself, when it creates", async () => {
    const { gate } = world;
    gate.refuse("RunInstances", {
      code: "InvalidParameterValue",
      message:
        "Value (profile-1) for parameter iamInstanceProfile.name is invalid. " +
        "Invalid IAM Instance Profile name",
      times: 2,
    });
    gate.refuse("AddRoleToInstanceProfile", { code: "NoSuchEntity", times: 2 });
    gate.show("DescribeInstances", 2, (body) =>
      body.replaceAll("<name>running</name>", "<name>pending</name>"),
    );
    gate.refuse("AttachVolume", { code: "RequestLimitExceeded" });
    const { failure } = await world.stack.up(everything());
    assert.equal(failure, "");
    assert.equal(count("RunInstances"), 3);
    assert.equal(count("AddRoleToInstanceProfile"), 3);
    assert.deepEqual(gate.reset(), [], "met by all that was arranged");
  });

  it("keeps in state what AWS does not let it delete, and deletes it the next time", async () => {
    world.gate.refuse("TerminateInstances", { code: "UnauthorizedOperation" });
    const failure = await world.stack.destroy();
    assert.match(
      failure,
      /operation error EC2: TerminateInstances, api error UnauthorizedOperation: asked for/,
    );
    assert.equal(held("instance"), true);
    assert.equal(held("image"), false);
  });

  it("waits for what passes by itself, when it deletes", async () => {
    const { gate } = world;
    gate.refuse("DeleteSecurityGroup", { code: "DependencyViolation", times: 2 });
    gate.refuse("DeleteRole", { code: "DeleteConflict" });
    await destroysEverything();
    assert.equal(count("DeleteSecurityGroup"), 3);
    assert.deepEqual(gate.reset(), [], "met by all that was arranged");
  });

  it("leaves nothing in state of what AWS refuses to make", async () => {
    world.gate.refuse("RunInstances", {
      code: "UnauthorizedOperation",
      message: "You are not authorized to perform this operation.",
    });
    const { failure } = await world.stack.up(everything());
    assert.match(
      failure,
      /creating EC2 Instance: operation error EC2: RunInstances, api error UnauthorizedOperation: You are not/,
    );
    assert.equal(held("instance"), false);
    assert.equal(held("profile"), true);
    assert.ok(!failure.includes(secretWord));
  });

  it("says why an instance ended before it ran, keeps it in state, and destroys it", async () => {
    const reason = "<code>x</code><message>Server.InternalError: out of order</message>";
    world.gate.show("DescribeInstances", 1, (body) =>
      body
        .replaceAll(/<name>(running|pending)<\/name>/g, "<name>shutting-down</name>")
        .replaceAll(/<stateReason>.*?<\/stateReason>/gs, `<stateReason>${reason}</stateReason>`),
    );
    const { failure } = await world.stack.up(everything());
    assert.match(failure, /unexpected state 'shutting-down', wanted target 'running'/);
    assert.match(failure, /Server.InternalError: out of order/);
    assert.ok(!failure.includes(secretWord));
    assert.equal(held("instance"), true);
    assert.ok(!state().includes(secretWord));
    await destroysEverything();
  });

  it("keeps what was made half-way in state, and destroys it", async () => {
    const { gate } = world;
    gate.refuse("RevokeSecurityGroupEgress", { code: "UnauthorizedOperation" });
    gate.refuse("AddRoleToInstanceProfile", { code: "AccessDenied" });
    const { failure } = await world.stack.up(everything());
    assert.match(failure, /revoking default egress rules of Security Group/);
    assert.match(failure, /adding role to IAM Instance Profile \(profile-1\)/);
    assert.equal(held("group"), true);
    assert.equal(held("profile"), true);
    assert.equal(held("instance"), false);
    await destroysEverything();
  });

  it("keeps an image that failed in state, and destroys it", async () => {
    world.gate.show("DescribeImages", 9, (body) =>
      body.includes("<name>image-1</name>")
        ? body.replaceAll("<imageState>available</imageState>", "<imageState>failed</imageState>")
        : body,
    );
    const { failure } = await world.stack.up(everything());
    assert.match(failure, /creating EC2 AMI \(image-1\): unexpected state 'failed'/);
    assert.equal(held("image"), true);
    assert.equal(await world.stack.destroy(), "");
    const left = await world.leftovers();
    // Its snapshots are not in state, so that the official plugin leaves them too.
    assert.ok(
      left.every((id) => id.startsWith("snap-")),
      left.join(),
    );
  });
});
