import assert from "node:assert/strict";
import * as fs from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";

import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { parse, stringify } from "yaml";

import type { Check } from "../../ops/doctor/check";
import { checkStack } from "../../ops/doctor/stackChecks";
import { projectRoot } from "../../ops/setup/folders";
import { MotoServer } from "../support/moto";
import { inTemporaryFolder } from "./support";

describe("doctor --stack", () => {
  const problemsIn = (checks: readonly Check[]): string[] =>
    checks.filter(({ status }) => status === "problem").map(({ name }) => name);

  it("refuses a stack that has no file", async () => {
    await inTemporaryFolder(async (folder) => {
      for (const stack of ["gone", "../up", ""]) {
        const [check, ...more] = await checkStack(folder, stack);
        assert.equal(check?.status, "problem");
        assert.match(check.found, /has no file Pulumi\./);
        assert.deepEqual(more, []);
      }
    });
  });

  it("refuses a file that is no YAML", async () => {
    await inTemporaryFolder(async (folder) => {
      fs.writeFileSync(path.join(folder, "Pulumi.a.yaml"), "config: [");
      const [check] = await checkStack(folder, "a");
      assert.match(check?.found ?? "", /is no YAML/);
    });
  });

  describe("of the nightly build", function () {
    this.timeout(60_000);

    let moto: MotoServer;
    let addresses: Server;
    const saved = { ...process.env };
    const nightly = parse(
      fs.readFileSync(path.join(projectRoot(), "Pulumi.nightly.yaml"), "utf8"),
    ) as { config: Record<string, Record<string, unknown>> };

    before(async () => {
      moto = await MotoServer.start();
      addresses = createServer((_request, answer) => answer.end("192.0.2.7")).listen(
        0,
        "127.0.0.1",
      );
      await new Promise((resolve) => addresses.once("listening", resolve));
      const { port } = addresses.address() as AddressInfo;
      Object.assign(process.env, moto.variables, {
        AMI2BOX_ADDRESS_SERVICE: `http://127.0.0.1:${port}`,
      });
      delete process.env["AWS_REGION"];
      delete process.env["AWS_DEFAULT_REGION"];
    });

    after(async () => {
      for (const name of Object.keys(process.env)) {
        if (!(name in saved)) delete process.env[name];
      }
      Object.assign(process.env, saved);
      addresses.close();
      await moto.stop();
    });

    /** The checks of the nightly stack with changes to its file. */
    async function check(changes: Record<string, unknown>): Promise<Check[]> {
      let checks: Check[] = [];
      await inTemporaryFolder(async (folder) => {
        fs.cpSync(path.join(projectRoot(), "scripts"), path.join(folder, "scripts"), {
          recursive: true,
        });
        fs.mkdirSync(path.join(folder, "formats"));
        const config = { ...nightly.config, ...changes };
        fs.writeFileSync(path.join(folder, "Pulumi.nightly.yaml"), stringify({ config }));
        checks = await checkStack(folder, "nightly");
      });
      return checks;
    }

    const ours = {
      "aws:region": "eu-west-1",
      "ami2box:publish": { bucket: "acme", prefix: "boxes" },
      // moto has Amazon's parameters and no others.
      "ami2box:source": {
        type: "bake",
        base: {
          ssmParameter: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
        },
        sshUser: "ec2-user",
      },
      "ami2box:worker": { image: "amazon-linux", user: "ec2-user" },
    };

    it("asks for region and bucket, and for nothing else", async () => {
      assert.deepEqual(problemsIn(await check({})).sort(), ["aws:region", "publish.bucket"]);
    });

    it("tells of a bucket that is not there", async () => {
      assert.deepEqual(problemsIn(await check(ours)), ["publish.bucket"]);
    });

    it("tells what it found in the account when nothing is wrong", async () => {
      const client = new S3Client(moto.clientSettings);
      const CreateBucketConfiguration = { LocationConstraint: "eu-west-1" } as const;
      await client.send(new CreateBucketCommand({ Bucket: "acme", CreateBucketConfiguration }));
      client.destroy();
      const checks = await check(ours);
      assert.deepEqual(
        checks.map(({ name, status }) => `${status} ${name}`),
        [
          "ok stack nightly",
          "ok source",
          "ok AWS account",
          "ok SSH from",
          "ok worker",
          "ok publish",
          "ok cost",
        ],
      );
      assert.match(checks[0]?.found ?? "", /^debian-12 [0-9]{8}\.0\.0, target aws$/);
      assert.equal(checks.at(-2)?.found, "s3://acme/boxes");
      assert.match(checks.at(-1)?.found ?? "", /^about [\d.]+ USD if it takes 30 minutes/);
    });

    it("tells of a bucket in another region", async () => {
      const region = { ...ours, "aws:region": "us-west-2" };
      const checks = await check(region);
      assert.ok(problemsIn(checks).includes("publish.bucket"), JSON.stringify(checks));
    });
  });
});
