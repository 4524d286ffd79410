import { appendFileSync } from "node:fs";
import { EC2Client } from "@aws-sdk/client-ec2";
import { IAMClient } from "@aws-sdk/client-iam";

/** Around all attempts of an operation (AWS SDK, "middleware stack"). */
const initialize = { step: "initialize", name: "ami2boxObserve" } as const;

/**
 * Clients of the services, made when first asked for. Credentials and endpoint come from where the AWS SDK
 * finds them (`AWS_ENDPOINT_URL` among them), the region from the provider's configuration first.
 */
export class Clients {
  private region: string | undefined;
  private ec2Client: EC2Client | undefined;
  private iamClient: IAMClient | undefined;

  /** Takes the region of the provider's configuration. */
  public configure({ region }: Readonly<Record<string, string>>): void {
    this.region = region;
  }

  public get ec2(): EC2Client {
    if (this.ec2Client === undefined) {
      this.ec2Client = new EC2Client(this.settings);
      this.ec2Client.middlewareStack.add(
        (next, context) => (args) => observe("EC2", context, () => next(args)),
        initialize,
      );
    }
    return this.ec2Client;
  }

  public get iam(): IAMClient {
    if (this.iamClient === undefined) {
      this.iamClient = new IAMClient(this.settings);
      this.iamClient.middlewareStack.add(
        (next, context) => (args) => observe("IAM", context, () => next(args)),
        initialize,
      );
    }
    return this.iamClient;
  }

  private get settings(): { readonly region?: string; readonly maxAttempts: number } {
    // The official plugin's number of attempts; what throttles an account calms down within them.
    return { maxAttempts: 25, ...(this.region !== undefined && { region: this.region }) };
  }
}

/** Notes an operation, and lets errors tell which one AWS refused and by which code. */
async function observe<Output>(
  service: string,
  { commandName }: { readonly commandName?: string },
  operate: () => Promise<Output>,
): Promise<Output> {
  const operation = String(commandName).replace(/Command$/, "");
  noteCall(`${service.toLowerCase()}:${operation}`);
  try {
    return await operate();
  } catch (error) {
    throw worded(error as Error, `operation error ${service}: ${operation}`);
  }
}

/** The error with the operation and AWS's code in its text, as the AWS SDK of the official plugin words it. */
function worded(error: Error, operation: string): Error {
  error.message = `${operation}, api error ${error.name}: ${error.message}`;
  return error;
}

/**
 * Appends a call, `ec2:RunInstances`, to the file that AMI2BOX_AWS_CALL_LOG names, so that a test can
 * compare the calls with the policy an operator is told to use.
 */
function noteCall(call: string): void {
  const log = process.env["AMI2BOX_AWS_CALL_LOG"];
  if (log !== undefined) appendFileSync(log, `${call}\n`);
}
