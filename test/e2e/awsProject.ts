import { spawn } from "node:child_process";
import * as fs from "node:fs";

import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateBucketCommand, PutBucketPolicyCommand, S3Client } from "@aws-sdk/client-s3";
import { parse, stringify } from "yaml";

import { installStandIn, standIns } from "../../providers/install";
import { baseImageDisk, baseImageGiB } from "../aws/baseImage";
import { AwsEmulator } from "../aws/emulator/emulator";
import { inventory } from "../aws/inventory";
import { outcomeOf, ProjectCopy, type CommandOutcome } from "../support/projectCopy";

/** Access key of who runs the engine, so that the test's own calls are told from theirs. */
const operator = "AKIAOPERATOR";

export const bucket = "ami2box-nightly-boxes";

/** What the account of a project under test looks like before it is used. */
export interface AccountArgs {
  /** Whether Debian's image in EC2 has a disk of its own; only a bake needs it. */
  readonly baseDisk: boolean;
}

/**
 * A fresh copy of the project beside an account of its own in the emulated AWS, with a bucket whose boxes
 * everybody may fetch. The engine, the program and the SDKs are the real ones.
 */
export class AwsProject {
  private untouched: readonly string[] = [];

  private constructor(
    public readonly aws: AwsEmulator,
    private readonly copy: ProjectCopy,
    private readonly stack: string,
  ) {}

  public static async make(stack: string, { baseDisk }: AccountArgs): Promise<AwsProject> {
    const disk = baseDisk ? await baseImageDisk() : undefined;
    const aws = await AwsEmulator.start();
    const copy = new ProjectCopy();
    const project = new AwsProject(aws, copy, stack);
    try {
      await project.prepare(disk);
      return project;
    } catch (error) {
      await project.remove();
      throw error;
    }
  }

  private async prepare(disk: string | undefined): Promise<void> {
    const { aws, stack } = this;
    const client = new S3Client(aws.clientSettings);
    const region = aws.clientSettings.region;
    await client.send(
      new CreateBucketCommand({
        Bucket: bucket,
        CreateBucketConfiguration: { LocationConstraint: region as "eu-west-1" },
      }),
    );
    await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: readableByAll }));
    if (disk !== undefined) {
      const image = aws.imageId("debian-12-amd64");
      await aws.giveDisk(image, disk, baseImageGiB, { exceptWorkers: true });
    }
    await this.takeAsGiven();
    fs.mkdirSync(this.path(".ami2box/state"), { recursive: true });
    for (const name of standIns) await installStandIn(name, this.path(".ami2box/pulumi-home"));
    const made = await this.pulumi(["stack", "select", "--create", stack]);
    if (made.status !== 0) throw new Error(made.stderr);
  }

  public path(...parts: string[]): string {
    return this.copy.path(...parts);
  }

  /** Changes the stack's file: settings of this project by their names, others by their whole keys. */
  public configure(changes: Readonly<Record<string, unknown>>): void {
    const file = this.path(`Pulumi.${this.stack}.yaml`);
    const content = fs.existsSync(file)
      ? (parse(fs.readFileSync(file, "utf8")) as { config?: Record<string, unknown> })
      : {};
    const config = { ...content.config };
    for (const [name, value] of Object.entries(changes)) {
      const key = name.includes(":") ? name : `ami2box:${name}`;
      if (value === undefined) delete config[key];
      else config[key] = value;
    }
    fs.writeFileSync(file, stringify({ ...content, config }));
  }

  public pulumi(args: readonly string[]): Promise<CommandOutcome> {
    const home = this.path(".ami2box/pulumi-home");
    return outcomeOf(
      spawn("pulumi", [...args, "--non-interactive"], {
        cwd: this.copy.directory,
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          ...process.env,
          ...this.aws.variables,
          PULUMI_HOME: home,
          PULUMI_BACKEND_URL: `file://${this.path(".ami2box/state")}`,
          PULUMI_CONFIG_PASSPHRASE: "",
          PULUMI_SKIP_UPDATE_CHECK: "true",
          PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
          PULUMI_NODEJS_TRANSPILE_ONLY: "true",
          AMI2BOX_ADDRESS_SERVICE: this.aws.addressService,
          AWS_ACCESS_KEY_ID: operator,
          SSH_AUTH_SOCK: "",
        },
      }),
    );
  }

  public up(): Promise<UpOutcome> {
    return this.run(["up", "--yes", "--skip-preview", "--color", "never", "--stack", this.stack]);
  }

  public destroy(): Promise<UpOutcome> {
    return this.run([
      "destroy",
      "--yes",
      "--skip-preview",
      "--color",
      "never",
      "--stack",
      this.stack,
    ]);
  }

  public async output(name: string): Promise<string> {
    return (await this.pulumi(["stack", "output", name, "--stack", this.stack])).stdout.trim();
  }

  /** The state as `pulumi stack export` writes it, secrets encrypted. */
  public async exportedState(): Promise<string> {
    return (await this.pulumi(["stack", "export", "--stack", this.stack])).stdout;
  }

  /** Takes what the account holds now for what was there at first. */
  public async takeAsGiven(): Promise<void> {
    this.untouched = await inventory(this.aws);
  }

  /** What the account holds beyond what was there at first. */
  public async leftovers(): Promise<string[]> {
    return (await inventory(this.aws)).filter((each) => !this.untouched.includes(each));
  }

  /** Permissions that the calls of program and plugin asked for, each once. */
  public operatorPermissions(): string[] {
    const own = this.aws.calls.filter(({ accessKeyId }) => accessKeyId === operator);
    return [...new Set(own.map(({ permission }) => permission))].sort();
  }

  /** Public URL of an object in the bucket. */
  public objectUrl(key: string): string {
    return `${this.aws.url}/${bucket}/${key}`;
  }

  /** Runs a command on the worker, the one instance with a role, as root. */
  public async onWorker(command: string): Promise<string> {
    const client = new EC2Client(this.aws.clientSettings);
    const { Reservations = [] } = await client.send(new DescribeInstancesCommand({}));
    const worker = Reservations.flatMap(({ Instances = [] }) => Instances).find(
      ({ IamInstanceProfile, State }) => IamInstanceProfile && State?.Name === "running",
    );
    return this.aws.onInstance(worker?.InstanceId ?? "none", command);
  }

  /** Writes a file in the copy; returns its path. */
  public writeFile(name: string, content: string): string {
    fs.writeFileSync(this.path(name), content, { mode: 0o755 });
    return this.path(name);
  }

  public async remove(): Promise<void> {
    await this.aws.stop();
    this.copy.remove();
  }

  /** Runs a command on the stack and reads what was done. */
  public async run(args: readonly string[]): Promise<UpOutcome> {
    const { status, stdout, stderr } = await this.pulumi(args);
    const said = `${stdout}\n${stderr}`;
    const done = [...said.matchAll(/^ [+~-]+ +(\S+) (\S+) (created|updated|deleted|replaced)\b/gm)];
    return {
      status,
      said,
      done: done.map(([, type = "", name = "", what = ""]) => ({ type, name, what })),
    };
  }
}

/** One thing the engine did. */
export interface Step {
  /** Such as `aws:ec2:Instance`. */
  readonly type: string;
  readonly name: string;
  readonly what: string;
}

export interface UpOutcome {
  readonly status: number | null;
  /** All that was printed. */
  readonly said: string;
  readonly done: readonly Step[];
}

const readableByAll = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: `arn:aws:s3:::${bucket}/*`,
    },
  ],
});
