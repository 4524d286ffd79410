import { EC2Client } from "@aws-sdk/client-ec2";
import { IAMClient } from "@aws-sdk/client-iam";
import { S3Client } from "@aws-sdk/client-s3";

import { credentialProblem } from "../../settings/aws/awsErrors";
import type { Prices } from "../cost/prices";
import { findEc2Resources } from "./findEc2Resources";
import { findIamResources } from "./findIamResources";
import { findUploads } from "./findUploads";
import type { OwnedResource } from "./leftovers";
import type { SweepPlace } from "./places";
import type { AwsClients } from "./removeLeftover";

/** What was looked at in a place: what is ours, and what could not be looked at, in sentences. */
export interface PlaceFinding {
  readonly resources: readonly OwnedResource[];
  readonly problems: readonly string[];
}

interface Search {
  readonly where: string;
  readonly region: string;
  readonly found: Promise<OwnedResource[]>;
}

/** Clients for a place; the environment's AWS_ENDPOINT_URL is honoured, as by the SDK. */
export function sweepClients({ region, profile }: SweepPlace): AwsClients {
  const settings = { region, ...(profile !== undefined && { profile }), maxAttempts: 5 };
  // The lock file holds the SDK's version: a warning of later ones would be of no use.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const hasOwnEndpoint = Boolean(
    process.env["AWS_ENDPOINT_URL_S3"] ?? process.env["AWS_ENDPOINT_URL"],
  );
  return {
    ec2: new EC2Client(settings),
    iam: new IAMClient(settings),
    s3: new S3Client({ ...settings, forcePathStyle: hasOwnEndpoint }),
  };
}

/**
 * All of the project's in a place. What may not be looked at is told and does not keep the rest from being
 * found.
 *
 * @param whose the project whose tags count, and the stack, where only that one's do
 */
export async function findInPlace(
  clients: AwsClients,
  { region, withIam, buckets }: SweepPlace,
  prices: Prices,
  { project, stack }: { readonly project: string; readonly stack: string | undefined },
): Promise<PlaceFinding> {
  const searches: readonly Search[] = [
    { where: `EC2 in ${region}`, region, found: findEc2Resources(clients.ec2, prices) },
    ...(withIam ? [{ where: "IAM", region: "global", found: findIamResources(clients.iam) }] : []),
    ...buckets.map((bucket) => ({
      where: `the bucket ${bucket.bucket}`,
      region,
      found: findUploads(clients.s3, bucket),
    })),
  ];
  const outcomes = await Promise.allSettled(searches.map(({ found }) => found));
  const resources = outcomes
    .flatMap((outcome, index) =>
      outcome.status === "fulfilled"
        ? outcome.value.map((resource) => ({ ...resource, region: searches[index]!.region }))
        : [],
    )
    .filter(
      ({ ownership }) =>
        ownership.project === project && (stack === undefined || ownership.stack === stack),
    );
  const problems = outcomes.flatMap((outcome, index) =>
    outcome.status === "rejected" ? [problemSentence(searches[index]!.where, outcome.reason)] : [],
  );
  return { resources, problems: [...new Set(problems)] };
}

/** Without credentials every search fails for that reason, which is told once. */
function problemSentence(where: string, error: unknown): string {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return credentialProblem(error) ?? `${where} could not be looked at: ${said.split("\n")[0]}`;
}
