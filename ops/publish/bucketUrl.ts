/** A prefix as keys begin with it: empty, or with one slash at its end and none at its beginning. */
export function keyPrefix(prefix: string): string {
  const trimmed = prefix.replace(/^\/+|\/+$/g, "");
  return trimmed === "" ? "" : `${trimmed}/`;
}

/**
 * The https URL of an object (Amazon S3 User Guide, "Virtual hosting of buckets"). The bucket's name comes
 * first; one with dots in it fits no wildcard certificate and goes into the path, and so it does below an
 * endpoint that is given by AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL.
 */
export function bucketUrl(
  bucket: string,
  region: string,
  key: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const path = key.split("/").map(encodeURIComponent).join("/");
  const endpoint = environment["AWS_ENDPOINT_URL_S3"] ?? environment["AWS_ENDPOINT_URL"];
  if (endpoint) return `${endpoint.replace(/\/+$/, "")}/${bucket}/${path}`;
  const host = `s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
  return bucket.includes(".")
    ? `https://${host}/${bucket}/${path}`
    : `https://${bucket}.${host}/${path}`;
}
