import { EC2Client } from "@aws-sdk/client-ec2";
import { SSMClient } from "@aws-sdk/client-ssm";
import { STSClient } from "@aws-sdk/client-sts";

import type { AwsPlace } from "./awsPlace";

/** Clients of one account and region. */
export interface AwsClients {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly sts: STSClient;
}

/** Milliseconds until a service that does not answer is given up. */
const connectMs = 5_000;
const answerMs = 20_000;

/** Clients that give up soon: somebody waits for the answer. */
export function makeClients({
  region,
  profile,
}: AwsPlace & { readonly region: string }): AwsClients {
  const settings = {
    region,
    ...(profile !== undefined && { profile }),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: connectMs, requestTimeout: answerMs },
  };
  // The lock file holds the SDK's version: a warning of later ones would be of no use.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  return {
    ec2: new EC2Client(settings),
    ssm: new SSMClient(settings),
    sts: new STSClient(settings),
  };
}
