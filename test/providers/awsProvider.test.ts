import assert from "node:assert/strict";

import { DescribeKeyPairsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { Instance } from "@pulumi/aws/ec2/instance";
import { KeyPair } from "@pulumi/aws/ec2/keyPair";
import { Provider } from "@pulumi/aws/provider";

import { publicKey } from "./awsProgram";
import { amis, AwsWorld } from "./awsWorld";

describe("stand-in for aws: its configuration and inputs", function () {
  this.timeout(120_000);
  let world: AwsWorld;

  before(async () => {
    world = await AwsWorld.start();
  });
  after(() => world.stop());

  async function keysIn(region: string): Promise<(string | undefined)[]> {
    const client = new EC2Client({ ...world.clientSettings, region });
    const { KeyPairs = [] } = await client.send(new DescribeKeyPairsCommand({}));
    return KeyPairs.map(({ KeyName }) => KeyName);
  }

  it("works in the region of the stack, or of a provider that is given, whatever the environment says", async () => {
    await world.stack.configure("aws:region", "us-east-2");
    const { failure } = await world.stack.up(() => {
      new KeyPair("default", { keyName: "default", publicKey });
      const provider = new Provider("explicit", { region: "ap-south-1" });
      new KeyPair("explicit-key", { keyName: "explicit", publicKey }, { provider });
      return Promise.resolve();
    });
    assert.equal(failure, "");
    assert.deepEqual(await keysIn("us-east-2"), ["default"]);
    assert.deepEqual(await keysIn("ap-south-1"), ["explicit"]);
    assert.deepEqual(await keysIn("eu-west-1"), []);
    assert.equal(await world.stack.destroy(), "");
  });

  it("refuses inputs that it would not pass on, in blocks too, and makes nothing", async () => {
    const common = { ami: amis[0], instanceType: "t3.micro" };
    const plain = await world.stack.up(() =>
      Promise.resolve(void new Instance("hibernating", { ...common, hibernation: true })),
    );
    assert.match(plain.failure, /hibernation .*is not among what this stand-in knows: ami, assoc/);
    const block = await world.stack.up(() =>
      Promise.resolve(
        void new Instance("encrypted", { ...common, rootBlockDevice: { encrypted: true } }),
      ),
    );
    assert.match(
      block.failure,
      /rootBlockDevice\.encrypted .*is not among what this stand-in knows/,
    );
    assert.deepEqual(await world.leftovers(), []);
  });
});
