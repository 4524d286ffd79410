/** A prefix as keys begin with it: empty, or with one slash at its end and none at its beginning. */
export function keyPrefix(prefix: string): string {
  const trimmed = prefix.replace(/^\/+|\/+$/g, "");
  return trimmed === "" ? "" : `${trimmed}/`;
}

/** The URL of a key below a base. */
export function urlBelow(base: string, key: string): string {
  return `${base.replace(/\/+$/, "")}/${key.split("/").map(encodeURIComponent).join("/")}`;
}

type Environment = Readonly<Record<string, string | undefined>>;

function ownEndpoint(environment: Environment): string | undefined {
  return environment["AWS_ENDPOINT_URL_S3"] ?? environment["AWS_ENDPOINT_URL"];
}

/**
 * Whether a bucket is named in the path of its URLs: a name with dots fits no wildcard certificate, and an
 * endpoint of one's own (AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL) has no subdomains.
 */
export function bucketNeedsPath(bucket: string, environment: Environment): boolean {
  return bucket.includes(".") || Boolean(ownEndpoint(environment));
}

/**
 * The https URL of an object (Amazon S3 User Guide, "Virtual hosting of buckets"); below an endpoint
 * of one's own where one is given.
 */
export function bucketUrl(
  bucket: string,
  region: string,
  key: string,
  environment: Environment,
): string {
  const path = key.split("/").map(encodeURIComponent).join("/");
  const endpoint = ownEndpoint(environment);
  if (endpoint) return `${endpoint.replace(/\/+$/, "")}/${bucket}/${path}`;
  const host = `s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
  return bucketNeedsPath(bucket, environment)
    ? `https://${host}/${bucket}/${path}`
    : `https://${bucket}.${host}/${path}`;
}
