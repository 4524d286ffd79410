import { S3ServiceException } from "@aws-sdk/client-s3";
import { setTimeout as sleep } from "node:timers/promises";

/** How long new permissions and credentials may take to be known everywhere, in milliseconds. */
export const SETTLE_LIMIT = 90_000;

const PAUSE = 3_000;

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

/** No such object. Who may not list the bucket is told 403 instead: see {@link isDenied}. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && nameOf(error) !== "NoSuchBucket";
}

/** Not permitted, or not yet: new roles and their credentials take a while to be known everywhere. */
export function isDenied(error: unknown): boolean {
  return statusOf(error) === 403 || nameOf(error) === "CredentialsProviderError";
}

/**
 * A conditional write whose condition did not hold: another object is there (412), the one it was to
 * replace is gone (404), or it met another write of the same (409).
 */
export function isConditionFailure(error: unknown): boolean {
  return [409, 412].includes(statusOf(error) ?? 0) || nameOf(error) === "NoSuchKey";
}

/**
 * Does work that permissions may not be there for yet, again and again while it is denied.
 *
 * @param limit milliseconds after which a denial is believed
 * @param onWait told of the first denial
 */
export async function whenPermitted<T>(
  work: () => Promise<T>,
  { limit, onWait }: { readonly limit: number; readonly onWait: (reason: string) => void },
): Promise<T> {
  const deadline = performance.now() + limit;
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isDenied(error) || performance.now() > deadline) throw error;
      if (tries === 0) onWait(reasonOf(error));
      await sleep(Math.min(PAUSE, limit / 4));
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}, ${error.message}` : String(error);
}

/** The error a user is to see: the place, the reason, and the remedy where there is one. */
export function explained(error: unknown, bucket: string, place: string): Error {
  const remedies: Readonly<Record<string, string>> = {
    NoSuchBucket: `there is no bucket ${bucket}; make it, or set publish.bucket to one there is`,
    PermanentRedirect: `the bucket ${bucket} is in another region; set aws:region to the bucket's`,
    CredentialsProviderError: "no AWS credentials were found; give the worker a role or set them",
  };
  const remedy =
    remedies[nameOf(error)] ??
    (isDenied(error)
      ? `it is not permitted (${reasonOf(error)}); allow s3:PutObject, s3:GetObject and s3:AbortMultipartUpload there`
      : reasonOf(error));
  return new Error(`${place}: ${remedy}`, { cause: error });
}
