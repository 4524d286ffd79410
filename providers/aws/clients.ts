import { appendFileSync } from "node:fs";
import { EC2Client, type EC2ClientConfig } from "@aws-sdk/client-ec2";
import { IAMClient } from "@aws-sdk/client-iam";

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
    return (this.ec2Client ??= new EC2Client({ ...this.settings, ...callLog("ec2") }));
  }

  public get iam(): IAMClient {
    return (this.iamClient ??= new IAMClient({ ...this.settings, ...callLog("iam") }));
  }

  private get settings(): { readonly region?: string; readonly maxAttempts: number } {
    // The official plugin's number of attempts; what throttles an account calms down within them.
    return { maxAttempts: 25, ...(this.region !== undefined && { region: this.region }) };
  }
}

/**
 * Appends each call, `ec2:RunInstances`, to the file that AMI2BOX_AWS_CALL_LOG names, so that a test can
 * compare them with the policy an operator is told to use.
 */
function callLog(service: string): { readonly logger?: NonNullable<EC2ClientConfig["logger"]> } {
  const file = process.env["AMI2BOX_AWS_CALL_LOG"];
  if (file === undefined) return {};
  const note = ({ commandName = "" }: { commandName?: string }): void =>
    appendFileSync(file, `${service}:${commandName.replace(/Command$/, "")}\n`);
  const ignore = (): void => undefined;
  return { logger: { info: note, error: note, warn: ignore, debug: ignore } };
}
