import { AwsError } from "./awsError";

/** A policy document, of a role or of a bucket. */
export interface PolicyDocument {
  readonly Statement: readonly Statement[] | Statement;
}

interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: unknown;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

/** A request to S3 as IAM sees it (Service Authorization Reference, "Amazon S3"). */
export interface S3Access {
  /** Name of the operation, such as `PutObject`, for failures on request. */
  readonly operation: string;
  readonly permission: string;
  readonly resource: string;
}

/** Tells what a request in path style asks for. */
export function s3Access(method: string, url: string): S3Access {
  const { pathname, searchParams } = new URL(url, "http://s3");
  const [bucket = "", ...rest] = pathname.slice(1).split("/");
  const key = rest.map(decodeURIComponent).join("/");
  const bucketArn = `arn:aws:s3:::${bucket}`;
  if (key === "") {
    const operation =
      { PUT: "CreateBucket", DELETE: "DeleteBucket", HEAD: "HeadBucket" }[method] ?? "ListBucket";
    const permission = `s3:${operation === "HeadBucket" ? "ListBucket" : operation}`;
    return { operation, permission, resource: bucketArn };
  }
  const operation = objectOperation(method, searchParams);
  return {
    operation,
    permission: permissions[operation] ?? `s3:${operation}`,
    resource: `${bucketArn}/${key}`,
  };
}

const permissions: Readonly<Record<string, string>> = {
  HeadObject: "s3:GetObject",
  CreateMultipartUpload: "s3:PutObject",
  UploadPart: "s3:PutObject",
  CompleteMultipartUpload: "s3:PutObject",
  ListParts: "s3:ListMultipartUploadParts",
};

function objectOperation(method: string, search: URLSearchParams): string {
  const upload = search.has("uploadId");
  if (method === "PUT") return upload ? "UploadPart" : "PutObject";
  if (method === "POST") return upload ? "CompleteMultipartUpload" : "CreateMultipartUpload";
  if (method === "DELETE") return upload ? "AbortMultipartUpload" : "DeleteObject";
  if (method === "HEAD") return "HeadObject";
  return upload ? "ListParts" : "GetObject";
}

/** Whether policies together allow something; a denial wins. */
export function isAllowed(
  documents: readonly PolicyDocument[],
  permission: string,
  resource: string,
): boolean {
  const effects = documents
    .flatMap(({ Statement }) => Statement)
    .filter(
      ({ Action, Resource }) =>
        [Action].flat().some((pattern) => matches(pattern, permission)) &&
        [Resource].flat().some((pattern) => matches(pattern, resource)),
    )
    .map(({ Effect }) => Effect);
  return effects.includes("Allow") && !effects.includes("Deny");
}

/** Whether a policy grants a permission on anything at all. */
export function grants({ Statement }: PolicyDocument, permission: string): boolean {
  return [Statement]
    .flat()
    .some(
      ({ Effect, Action }) =>
        Effect === "Allow" && [Action].flat().some((pattern) => matches(pattern, permission)),
    );
}

/** Only the statements of a bucket's policy that are for everybody. */
export function forEverybody({ Statement }: PolicyDocument): PolicyDocument {
  const anybody = ({ Principal }: Statement): boolean =>
    Principal === "*" || JSON.stringify(Principal) === '{"AWS":"*"}';
  return { Statement: [Statement].flat().filter(anybody) };
}

export function accessDenied(who: string, { permission, resource }: S3Access): AwsError {
  return new AwsError(
    "AccessDenied",
    `User: ${who} is not authorized to perform: ${permission} on resource: "${resource}" because no identity-based policy allows the ${permission} action`,
    403,
  );
}

/** Stars and question marks as in policies. */
function matches(pattern: string, value: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`).test(value);
}
