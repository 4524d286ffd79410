import { execFile, execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import * as ec2 from "@aws-sdk/client-ec2";
import { stringify } from "yaml";

import { AwsEmulator, type EmulatorTimes } from "./emulator/emulator";

const run = promisify(execFile);

/** An emulated account with a key pair `key` and a security group, and ways to start and enter instances. */
export class TestAccount {
  private constructor(
    public readonly aws: AwsEmulator,
    public readonly client: ec2.EC2Client,
    public readonly folder: string,
    public readonly group: string,
  ) {}

  public static async start(times: Partial<EmulatorTimes> = {}): Promise<TestAccount> {
    const aws = await AwsEmulator.start(times);
    const client = new ec2.EC2Client(aws.clientSettings);
    const folder = path.join(aws.folder, "test");
    fs.mkdirSync(folder);
    for (const name of ["host", "client"]) {
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path.join(folder, name)]);
    }
    await client.send(
      new ec2.ImportKeyPairCommand({
        KeyName: "key",
        PublicKeyMaterial: fs.readFileSync(path.join(folder, "client.pub")),
      }),
    );
    const { GroupId = "" } = await client.send(
      new ec2.CreateSecurityGroupCommand({ GroupName: "group", Description: "group" }),
    );
    return new TestAccount(aws, client, folder, GroupId);
  }

  /** Starts an instance whose host key is known; by default of Ubuntu's stock image. */
  public async launch(
    more: Partial<ec2.RunInstancesCommandInput> = {},
    config: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const userData = {
      ssh_keys: {
        ed25519_private: fs.readFileSync(path.join(this.folder, "host"), "utf8"),
        ed25519_public: fs.readFileSync(path.join(this.folder, "host.pub"), "utf8"),
      },
      ...config,
    };
    const { Instances = [] } = await this.client.send(
      new ec2.RunInstancesCommand({
        ImageId: this.aws.imageId("ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64"),
        InstanceType: "m7i.large",
        KeyName: "key",
        SecurityGroupIds: [this.group],
        MinCount: 1,
        MaxCount: 1,
        UserData: Buffer.from(`#cloud-config\n${stringify(userData)}`).toString("base64"),
        ...more,
      }),
    );
    return Instances[0]?.InstanceId as string;
  }

  public async describe(id: string): Promise<ec2.Instance> {
    const { Reservations } = await this.client.send(
      new ec2.DescribeInstancesCommand({ InstanceIds: [id] }),
    );
    return Reservations?.[0]?.Instances?.[0] as ec2.Instance;
  }

  public async until(id: string, state: string): Promise<ec2.Instance> {
    for (;;) {
      const instance = await this.describe(id);
      if (instance.State?.Name === state) return instance;
      await sleep(200);
    }
  }

  /** Runs a command on an instance, as soon as SSH answers, its host key pinned. */
  public async ssh(id: string, command: string, user = "ubuntu"): Promise<string> {
    const { PublicIpAddress: host = "" } = await this.until(id, "running");
    const known = path.join(this.folder, `known-${id}`);
    const key = fs.readFileSync(path.join(this.folder, "host.pub"), "utf8");
    fs.writeFileSync(known, `${host} ${key}`);
    const options = ["-o", `UserKnownHostsFile=${known}`, "-o", "BatchMode=yes"];
    const identity = ["-i", path.join(this.folder, "client"), "-o", "LogLevel=ERROR"];
    for (let tries = 0; ; tries += 1) {
      try {
        const { stdout } = await run("ssh", [...identity, ...options, `${user}@${host}`, command]);
        return stdout.trim();
      } catch (error) {
        const { code, stderr } = error as { code: number; stderr: string };
        if (code !== 255 || tries > 60) {
          throw new Error(`${code}: ${stderr}\n${this.aws.console(id)}`, { cause: error });
        }
        await sleep(250);
      }
    }
  }

  public async terminate(id: string): Promise<void> {
    await this.client.send(new ec2.TerminateInstancesCommand({ InstanceIds: [id] }));
    await this.until(id, "terminated");
  }
}

/** Whether an error is AWS's of this code. */
export function refusedWith(code: string): (error: Error) => boolean {
  return (error) => {
    if (error.name !== code) throw error;
    return true;
  };
}
