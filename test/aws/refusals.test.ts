import { strict as assert } from "node:assert";

import * as ec2 from "@aws-sdk/client-ec2";
import * as iam from "@aws-sdk/client-iam";
import * as s3 from "@aws-sdk/client-s3";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";

import { TestAccount, refusedWith } from "./testAccount";
import { assumeRolePolicy, publishPolicy } from "../../components/policies";

describe("refusals of the emulated AWS", function () {
  this.timeout(60_000);

  let account: TestAccount;
  let roles: iam.IAMClient;
  let bucket: s3.S3Client;

  before(async () => {
    account = await TestAccount.start({ boot: 0, iam: 2 });
    roles = new iam.IAMClient(account.aws.clientSettings);
    bucket = new s3.S3Client(account.aws.clientSettings);
  });
  after(() => account.aws.stop());
  afterEach(() => account.aws.faults.clear());

  it("refuses to delete a security group or key pair in use, until the instance is gone", async () => {
    const id = await account.launch();
    const deleteGroup = new ec2.DeleteSecurityGroupCommand({ GroupId: account.group });
    const deleteKey = new ec2.DeleteKeyPairCommand({ KeyName: "key" });
    await assert.rejects(account.client.send(deleteGroup), refusedWith("DependencyViolation"));
    await assert.rejects(account.client.send(deleteKey), refusedWith("DependencyViolation"));
    await account.client.send(new ec2.TerminateInstancesCommand({ InstanceIds: [id] }));
    assert.equal((await account.describe(id)).State?.Name, "shutting-down");
    await assert.rejects(account.client.send(deleteGroup), refusedWith("DependencyViolation"));
    await account.until(id, "terminated");
  });

  it("refuses what it does not know: image, snapshot, key pair, instance type", async () => {
    const ids = { ImageId: "ami-00000000000000bad" };
    await assert.rejects(account.launch(ids), refusedWith("InvalidAMIID.NotFound"));
    await assert.rejects(
      account.launch({ KeyName: "other" }),
      refusedWith("InvalidKeyPair.NotFound"),
    );
    const volume = { AvailabilityZone: "eu-west-1a", SnapshotId: "snap-00000000000000bad" };
    await assert.rejects(
      account.client.send(new ec2.CreateVolumeCommand(volume)),
      refusedWith("InvalidSnapshot.NotFound"),
    );
    await assert.rejects(
      account.launch({ InstanceType: "m7g.large" }),
      refusedWith("InvalidParameterValue"),
    );
  });

  it("refuses an instance whose profile has not settled yet", async () => {
    await roles.send(
      new iam.CreateRoleCommand({ RoleName: "r", AssumeRolePolicyDocument: assumeRolePolicy() }),
    );
    const profile = { InstanceProfileName: "p" };
    await roles.send(new iam.CreateInstanceProfileCommand(profile));
    await roles.send(new iam.AddRoleToInstanceProfileCommand({ ...profile, RoleName: "r" }));
    const launch = (): Promise<string> => account.launch({ IamInstanceProfile: { Name: "p" } });
    await assert.rejects(launch(), refusedWith("InvalidParameterValue"));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await account.terminate(await launch());
  });

  it("lets a role put and read objects below its prefix once its policy has settled, nothing else", async () => {
    await bucket.send(
      new s3.CreateBucketCommand({
        Bucket: "boxes",
        CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
      }),
    );
    const id = await account.launch({ IamInstanceProfile: { Name: "p" } });
    const metadata = `m=$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest
      t=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $m/api/token)
      curl -sf -H "X-aws-ec2-metadata-token: $t" $m/meta-data/iam/security-credentials/r
      curl -s -o /dev/null -w '%{http_code}' $m/meta-data/instance-id`;
    const said = await account.ssh(id, metadata);
    assert.match(said, /401$/);
    const { AccessKeyId: accessKeyId } = JSON.parse(said.replace(/401$/, "")) as {
      AccessKeyId: string;
    };
    const credentials = { accessKeyId, secretAccessKey: "any", sessionToken: "any" };
    const own = new s3.S3Client({ ...account.aws.clientSettings, credentials });
    const put = (Key: string): Promise<unknown> =>
      own.send(new s3.PutObjectCommand({ Bucket: "boxes", Key, Body: "x" }));
    await assert.rejects(put("nightly/a"), refusedWith("AccessDenied"));
    const place = { bucket: "boxes", prefix: "nightly", region: "eu-west-1" };
    await roles.send(
      new iam.PutRolePolicyCommand({
        RoleName: "r",
        PolicyName: "publish",
        PolicyDocument: publishPolicy(place),
      }),
    );
    await assert.rejects(put("nightly/a"), refusedWith("AccessDenied"));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await put("nightly/a");
    await assert.rejects(put("other/a"), refusedWith("AccessDenied"));
    const get = (Key: string): Promise<unknown> =>
      own.send(new s3.GetObjectCommand({ Bucket: "boxes", Key }));
    await get("nightly/a");
    // Who may not list a bucket is not told that a key is missing.
    await assert.rejects(get("nightly/b"), refusedWith("AccessDenied"));
    await account.terminate(id);
  });

  it("shows the public only what the bucket's policy shows everybody", async () => {
    const url = `${account.aws.url}/boxes/nightly/a`;
    assert.equal((await fetch(url)).status, 403);
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: "*",
          Action: "s3:GetObject",
          Resource: "arn:aws:s3:::boxes/nightly/*",
        },
      ],
    });
    await bucket.send(new s3.PutBucketPolicyCommand({ Bucket: "boxes", Policy }));
    assert.equal(await (await fetch(url)).text(), "x");
    assert.equal((await fetch(url, { method: "HEAD" })).status, 200);
  });

  it("knows the stock images by their makers' names and parameters", async () => {
    const { Images = [] } = await account.client.send(
      new ec2.DescribeImagesCommand({
        Owners: ["136693071363"],
        Filters: [
          { Name: "name", Values: ["debian-12-amd64-*"] },
          { Name: "root-device-type", Values: ["ebs"] },
          { Name: "architecture", Values: ["x86_64"] },
        ],
      }),
    );
    assert.deepEqual(
      Images.map(({ Name, State, RootDeviceName }) => [Name, State, RootDeviceName]),
      [["debian-12-amd64-20261101-2285", "available", "/dev/xvda"]],
    );
    const { Parameter } = await new SSMClient(account.aws.clientSettings).send(
      new GetParameterCommand({ Name: "/aws/service/debian/release/12/latest/amd64" }),
    );
    assert.equal(Parameter?.Value, Images[0]?.ImageId);
  });

  it("fails the calls it is asked to, and those only", async () => {
    account.aws.faults.fail("DescribeVolumes", { after: 1, code: "Broken", status: 400 });
    const call = (): Promise<unknown> => account.client.send(new ec2.DescribeVolumesCommand({}));
    await call();
    await assert.rejects(call(), refusedWith("Broken"));
    await call();
    assert.equal(account.aws.calls.filter(({ name }) => name === "ec2:DescribeVolumes").length, 3);
  });

  it("holds back the calls it is asked to", async () => {
    account.aws.faults.delay("DescribeVolumes", 300);
    const started = performance.now();
    await account.client.send(new ec2.DescribeVolumesCommand({}));
    assert.ok(performance.now() - started >= 290);
  });
});
