import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { CreateSnapshotCommand, CreateVolumeCommand, EC2Client } from "@aws-sdk/client-ec2";

import { examineAccount, type AccountReport } from "../../settings/aws/account";
import { checkSettings } from "../../settings/parse";
import type { AwsSettings } from "../../settings/schema";
import { AwsEmulator } from "../aws/emulator/emulator";
import { bakedFrom, refusedSettings, type Raw } from "./awsRefusedSettings";

/** The account is a stand-in: moto behind the project's emulator, with the stock images of three distributions. */
describe("examineAccount", function () {
  this.timeout(60_000);

  let aws: AwsEmulator;
  let ec2: EC2Client;
  let addresses: Server;
  let answer = "192.0.2.7\n";
  const saved = { ...process.env };

  before(async () => {
    aws = await AwsEmulator.start({ pending: 0, boot: 0, shutdown: 0, image: 0, iam: 0 });
    ec2 = new EC2Client(aws.clientSettings);
    addresses = createServer((_request, response) => response.end(answer)).listen(0, "127.0.0.1");
    await new Promise((resolve) => addresses.once("listening", resolve));
    Object.assign(process.env, aws.variables);
  });

  after(async () => {
    for (const name of Object.keys(process.env)) {
      if (!(name in saved)) delete process.env[name];
    }
    Object.assign(process.env, saved);
    addresses.close();
    ec2.destroy();
    await aws.stop();
  });

  const addressService = (): string =>
    `http://127.0.0.1:${(addresses.address() as AddressInfo).port}`;

  function examine(raw: Raw = {}, region: string | null = "eu-west-1"): Promise<AccountReport> {
    const { settings, problems } = checkSettings({
      target: "aws",
      source: { type: "bake", base: { owner: "136693071363", name: "debian-12-amd64-*" } },
      publish: { bucket: "acme" },
      ...raw,
    });
    assert.deepEqual(problems, []);
    const { source, worker, box } = settings as AwsSettings;
    return examineAccount(
      { source, worker, architecture: box.architecture[0] },
      region === null ? {} : { region },
      { AMI2BOX_ADDRESS_SERVICE: addressService() },
    );
  }

  it("finds all that a bake needs", async () => {
    const { facts, problems } = await examine();
    assert.deepEqual(problems, []);
    assert.equal(facts?.source.type, "bake");
    const id = aws.imageId("debian-12-amd64");
    assert.equal(facts.source.type === "bake" && facts.source.base.id, id);
    assert.deepEqual(facts.source.type === "bake" && facts.source.builder, {
      imageId: id,
      sshUser: "admin",
      instanceType: "t3.medium",
    });
    assert.deepEqual(facts.worker, { imageId: id, sshUser: "admin", instanceType: "c6i.xlarge" });
    assert.equal(facts.sshCidr, "192.0.2.7/32");
    assert.match(facts.vpcId, /^vpc-/);
  });

  it("takes machines of arm64 for an AMI of arm64", async () => {
    const { facts } = await examine({
      ...bakedFrom({ ssmParameter: "/aws/service/debian/release/12/latest/arm64" }),
      box: { architecture: "arm64" },
      worker: { image: "amazon-linux" },
    });
    assert.equal(facts?.source.type === "bake" && facts.source.builder.instanceType, "t4g.medium");
    assert.deepEqual(facts?.worker, {
      imageId: aws.imageId("al2023-ami-2023.9.20261101.0-kernel-6.12-arm64"),
      sshUser: "ec2-user",
      instanceType: "c7g.xlarge",
    });
  });

  it("asks for no worker where the AMI is all that is made", async () => {
    const { facts, problems } = await examine(
      bakedFrom({ ami: aws.imageId("debian-12-amd64") }, { only: true }),
    );
    assert.deepEqual(problems, []);
    assert.equal(facts?.worker, undefined);
  });

  for (const [what, raw, problems] of refusedSettings((name) => aws.imageId(name))) {
    it(`refuses ${what}`, async () => {
      const report = await examine(raw());
      assert.equal(report.facts, undefined);
      for (const problem of problems) {
        assert.ok(
          report.problems.some((text) => problem.test(text)),
          report.problems.join("\n"),
        );
      }
    });
  }

  it("takes a snapshot, for the box's processor", async () => {
    const volume = await ec2.send(
      new CreateVolumeCommand({ AvailabilityZone: "eu-west-1a", Size: 8 }),
    );
    const snapshot = await ec2.send(new CreateSnapshotCommand({ VolumeId: volume.VolumeId }));
    const { facts } = await examine({ source: { type: "snapshot", id: snapshot.SnapshotId } });
    assert.deepEqual(facts?.source, {
      type: "snapshot",
      architecture: "amd64",
      snapshotId: snapshot.SnapshotId,
      GiB: 8,
    });
  });

  it("refuses an AMI whose disk may not be read, though it may be started", async () => {
    aws.faults.fail("DescribeSnapshots", { code: "InvalidSnapshot.NotFound", status: 400 });
    const { problems } = await examine({
      source: { type: "ami", id: aws.imageId("debian-12-amd64") },
    });
    assert.deepEqual(
      problems.map((text) => text.replace(/(snap|ami)-\w+/g, "$1")),
      [
        "source.id: the snapshot snap of ami cannot be read; have the owner share it, or start from the AMI with source.type: bake",
      ],
    );
  });

  it("tells that region and address are missing, and asks the account nothing", async () => {
    answer = "<html>not you</html>";
    const before = aws.calls.length;
    const { problems, reached } = await examine({}, null);
    answer = "192.0.2.7\n";
    assert.equal(reached, false);
    assert.match(problems[0] ?? "", /^aws:region: is missing; set it, for example with: /);
    assert.match(
      problems[1] ?? "",
      /^worker\.sshCidr: is missing, and http:.* answers no IPv4 address but "<html>/,
    );
    assert.equal(problems.length, 2);
    assert.equal(aws.calls.length, before);
  });

  it("refuses a word that is no region", async () => {
    const { problems } = await examine({}, "frankfurt");
    assert.match(
      problems[0] ?? "",
      /^aws:region: "frankfurt" is no region; allowed: names such as/,
    );
  });

  it("takes the range that is set without asking for the address", async () => {
    answer = "never asked";
    const { facts } = await examine({ worker: { sshCidr: "198.51.100.0/28" } });
    answer = "192.0.2.7\n";
    assert.equal(facts?.sshCidr, "198.51.100.0/28");
  });

  it("tells of credentials that are missing, once", async () => {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env;
    delete process.env["AWS_ACCESS_KEY_ID"];
    delete process.env["AWS_SECRET_ACCESS_KEY"];
    try {
      const { problems, reached } = await examine();
      assert.equal(reached, false);
      assert.equal(problems.length, 1, problems.join("\n"));
      assert.match(problems[0] ?? "", /^AWS credentials: are missing \(.*\); log in with aws sso/);
    } finally {
      Object.assign(process.env, { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY });
    }
  });

  for (const [code, problem] of [
    ["ExpiredToken", /^AWS credentials: have expired; log in again, or fetch new ones$/],
    [
      "InvalidClientTokenId",
      /^AWS credentials: are refused by AWS \(InvalidClientTokenId\); check/,
    ],
  ] as const) {
    it(`tells what ${code} means`, async () => {
      aws.faults.fail("GetCallerIdentity", { code, times: 1 });
      const { problems } = await examine();
      assert.equal(problems.length, 1, problems.join("\n"));
      assert.match(problems[0] ?? "", problem);
    });
  }

  it("names the permission that is missing", async () => {
    aws.faults.fail("DescribeInstanceTypes", { times: 2 });
    const { problems } = await examine();
    assert.match(
      problems[0] ?? "",
      /instanceType: cannot be checked, as ec2:DescribeInstanceTypes is not permitted; allow it/,
    );
  });
});
