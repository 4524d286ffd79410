/**
 * A STAND-IN for Amazon EC2, IAM, STS, SSM and S3, which cannot be had without an account. A real moto server
 * answers for the control plane; this proxy in front of it adds what moto lacks, and backs each instance with
 * a machine one can log in to: a real sshd on an address of the loopback network, in mount, process and host
 * name namespaces of its own.
 *
 * Refused, as AWS does it and moto does not: a security group in use, a profile or policy that has not
 * settled yet, a profile without a role, an image that is still pending or of another architecture, an image
 * name that is taken, a disk smaller than its snapshot, an attachment to a pending instance, S3 requests that
 * neither the role's nor the bucket's policy allows (403 for a key that is missing). Injected on request:
 * failures and delays, by the name of the action. Put right: CreateImage takes the builder's disk; instances
 * get a root disk that ends with them; images, snapshots and instances take their time.
 *
 * It differs from AWS: a key pair in use cannot be deleted; an instance of a stock image runs over this
 * machine's own system (Debian, whatever the image's name says) and no systemd runs in any; a volume is a
 * loop device, found by its by-id link only; metadata are served on the instance's own address; requests
 * need no valid signature; there is one region.
 */
import * as fs from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";

import { MotoServer } from "../../support/moto";
import { AwsError, type Answer } from "./awsError";
import type { Call } from "./call";
import { Ec2 } from "./ec2";
import { Faults } from "./faults";
import { IamSettling } from "./iam";
import { Query } from "./query";
import { makeRunFolder } from "./runFolder";
import { S3Front } from "./s3Front";
import { motoImages, stockImages } from "./stockImages";
import { Upstream } from "./upstream";

export interface EmulatorTimes {
  /** Seconds an instance is pending. */
  readonly pending: number;
  /** Seconds from running to SSH. */
  readonly boot: number;
  /** Seconds from shutting-down to terminated. */
  readonly shutdown: number;
  /** Seconds an image is pending at least. */
  readonly image: number;
  /** Seconds until what was written to IAM counts. */
  readonly iam: number;
}

const defaultTimes: EmulatorTimes = { pending: 2, boot: 2, shutdown: 1, image: 2, iam: 3 };

export class AwsEmulator {
  public readonly faults = new Faults();
  private readonly log: Call[] = [];
  private readonly upstream: Upstream;
  private readonly iam: IamSettling;
  private readonly ec2: Ec2;
  private readonly s3: S3Front;

  private constructor(
    private readonly moto: MotoServer,
    private readonly server: Server,
    /** Private folder with disks and logs. */
    public readonly folder: string,
    times: EmulatorTimes,
  ) {
    const { AWS_REGION: region = "eu-west-1" } = moto.variables;
    this.upstream = new Upstream(moto.url, region);
    this.iam = new IamSettling(this.upstream, times.iam);
    this.ec2 = new Ec2({
      upstream: this.upstream,
      iam: this.iam,
      region,
      folder,
      times,
      imageSeconds: times.image,
      environment: { AWS_ENDPOINT_URL: this.url },
    });
    const { sessions } = this.ec2.instances;
    this.s3 = new S3Front(this.upstream, this.iam, this.faults, sessions, this.log);
    server.on("request", (request, response) => void this.respond(request, response));
  }

  public static async start(times: Partial<EmulatorTimes> = {}): Promise<AwsEmulator> {
    const folder = makeRunFolder();
    const images = path.join(folder, "images.json");
    fs.writeFileSync(images, JSON.stringify(motoImages()));
    const moto = await MotoServer.start({ MOTO_AMIS_PATH: images });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    return new AwsEmulator(moto, server, folder, { ...defaultTimes, ...times });
  }

  public get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What an AWS client needs to reach the emulator and no other; the operator's, who may do everything. */
  public get variables(): Readonly<Record<string, string>> {
    return { ...this.moto.variables, AWS_ENDPOINT_URL: this.url };
  }

  /** The same for a client of the AWS SDK for JavaScript. */
  public get clientSettings(): MotoServer["clientSettings"] {
    return { ...this.moto.clientSettings, endpoint: this.url };
  }

  /** Calls so far, refused ones too, each as often as it was made. */
  public get calls(): readonly Call[] {
    return this.log;
  }

  /** Id of a stock image by the beginning of its name. */
  public imageId(name: string): string {
    const image = stockImages.find((each) => each.name.startsWith(name));
    if (image === undefined) throw new Error(`there is no stock image ${name}`);
    return image.id;
  }

  /** URL that tells the caller's address, as checkip.amazonaws.com does. */
  public get addressService(): string {
    return `${this.url}/checkip`;
  }

  /**
   * Lets instances of a stock image boot from a disk instead of this machine's system.
   *
   * @param exceptWorkers whether instances with a role go on to run over this machine, where their tools are
   */
  public giveDisk(
    imageId: string,
    disk: string,
    sizeGiB: number,
    { exceptWorkers = false } = {},
  ): Promise<void> {
    return this.ec2.images.giveDisk(imageId, disk, sizeGiB, exceptWorkers);
  }

  /** What the console of an instance showed, with its boot and SSH logs. */
  public console(instanceId: string): string {
    return fs.readFileSync(path.join(this.folder, instanceId, "console.log"), "utf8");
  }

  /** Runs a command on an instance as root, past SSH. */
  public onInstance(instanceId: string, command: string): Promise<string> {
    const machine = this.ec2.instances.get(instanceId)?.machine;
    if (machine === undefined) throw new Error(`${instanceId} has no machine`);
    return machine.run(command);
  }

  public async stop(): Promise<void> {
    await this.ec2.instances.stop();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await this.moto.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === "/checkip") {
      response.end("198.51.100.7\n");
      return;
    }
    const { service, accessKeyId } = signerOf(request);
    try {
      if (service === "s3") {
        await this.s3.serve(request, response, accessKeyId);
        return;
      }
      send(response, await this.serveQuery(service, request, accessKeyId));
    } catch (error) {
      if (error instanceof AwsError) send(response, error.answer(service));
      else {
        process.stderr.write(`emulated AWS: ${String((error as Error).stack)}\n`);
        send(response, new AwsError("InternalError", String(error), 500).answer(service));
      }
    }
  }

  private async serveQuery(
    service: string,
    request: IncomingMessage,
    accessKeyId: string | undefined,
  ): Promise<Answer> {
    const body = await bodyOf(request);
    const { method = "POST", url = "/", headers } = request;
    const target = String(headers["x-amz-target"] ?? "").split(".")[1];
    const query = Query.parse(target === undefined ? body : "");
    const action = target ?? query.action;
    const name = `${service}:${action}`;
    this.log.push({ name, permission: name, accessKeyId });
    await this.faults.meet(action);
    const forward = (asked: Query): Promise<Answer> =>
      this.upstream.forward(method, url, headers, asked.toString());
    if (service === "ec2") return this.ec2.handle(query, forward);
    if (service === "ssm") {
      return stockParameter(action, body) ?? this.upstream.forward(method, url, headers, body);
    }
    const answer = await this.upstream.forward(method, url, headers, body);
    if (service === "iam" && answer.status < 300) this.iam.note(query);
    return answer;
  }
}

/** Who asks for what, by the signature's scope; a request without one is an anonymous one to S3. */
function signerOf({ headers }: IncomingMessage): { service: string; accessKeyId?: string } {
  const [, accessKeyId, service] =
    /Credential=([^/]+)\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? "") ?? [];
  return accessKeyId === undefined || service === undefined
    ? { service: "s3" }
    : { service, accessKeyId };
}

/** Public parameters that moto lacks: those that name stock images. */
function stockParameter(action: string, body: string): Answer | undefined {
  if (action !== "GetParameter") return undefined;
  const { Name } = JSON.parse(body) as { Name: string };
  const image = stockImages.find(({ parameters }) => parameters.includes(Name));
  if (image === undefined) return undefined;
  const Parameter = { Name, Value: image.id, Type: "String", Version: 1 };
  return {
    status: 200,
    contentType: "application/x-amz-json-1.1",
    body: JSON.stringify({ Parameter }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function send(response: ServerResponse, { status, contentType, body }: Answer): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { "content-type": contentType }).end(body);
}
