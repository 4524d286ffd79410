import { spawn, type ChildProcess } from "node:child_process";

import { announceOn } from "../../ops/setup/log";
import { ensureMoto } from "../../ops/setup/moto";
import { freePort } from "./freePort";

/** What AWS refuses and moto, unasked, does not. */
const strictness = {
  MOTO_ENABLE_AMI_VALIDATION: "true",
  MOTO_ENABLE_KEYPAIR_VALIDATION: "true",
  MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION: "true",
};

const startMs = 30_000;

/**
 * A STAND-IN for AWS, which cannot be had without an account: a moto server of its own on a free port of
 * the loopback address, empty at first. It keeps no state on disk, settles everything at once, and accepts
 * any credentials and most orders of deletion.
 */
export class MotoServer {
  /** Address of the server, `http://127.0.0.1:PORT`. */
  public readonly url: string;
  private readonly server: ChildProcess;

  private constructor(url: string, server: ChildProcess) {
    this.url = url;
    this.server = server;
  }

  /** @throws Error when it does not answer within half a minute */
  public static async start(
    environment: Readonly<Record<string, string>> = {},
  ): Promise<MotoServer> {
    // The lock file holds the SDK's version: a warning of later ones would be of no use.
    process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
    const program = await ensureMoto(announceOn(process.stderr));
    const port = await freePort();
    // Ended by the kernel when this process is, however that happens.
    const alone = ["--pdeathsig", "KILL", program, "--host", "127.0.0.1", "--port", String(port)];
    const server = spawn("setpriv", alone, {
      env: { ...process.env, ...strictness, ...environment },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    server.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
    const url = `http://127.0.0.1:${port}`;
    for (const end = Date.now() + startMs; ;) {
      if (await answers(url)) return new MotoServer(url, server);
      if (server.exitCode !== null || Date.now() > end) {
        server.kill("SIGKILL");
        throw new Error(`moto does not answer at ${url}: ${said}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** What an AWS client needs to reach this server and no other. */
  public get variables(): Readonly<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL: this.url,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "testing",
      AWS_SECRET_ACCESS_KEY: "testing",
      AWS_EC2_METADATA_DISABLED: "true",
      // Neither profiles nor logins of the machine's user may be asked.
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    };
  }

  /** The same for a client of the AWS SDK for JavaScript. */
  public get clientSettings(): {
    readonly endpoint: string;
    readonly region: string;
    readonly forcePathStyle: true;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  } {
    return {
      endpoint: this.url,
      region: "eu-west-1",
      forcePathStyle: true,
      credentials: { accessKeyId: "testing", secretAccessKey: "testing" },
    };
  }

  /** Forgets everything that was made. */
  public async reset(): Promise<void> {
    await fetch(`${this.url}/moto-api/reset`, { method: "POST" });
  }

  public async stop(): Promise<void> {
    if (this.server.exitCode !== null || this.server.signalCode !== null) return;
    const ended = new Promise((resolve) => this.server.once("close", resolve));
    this.server.kill("SIGKILL");
    await ended;
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/moto-api/data.json`)).ok;
  } catch {
    return false;
  }
}
