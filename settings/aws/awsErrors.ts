import { problem, type Finding } from "./finding";

/** Name of an error of an AWS service, such as `InvalidAMIID.NotFound`. */
export function awsErrorName(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

/** Status of the answer that an error came with. */
export function awsErrorStatus(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

const denials = ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden"];

const missing = ["CredentialsProviderError", "TokenProviderError"];
const expired = ["ExpiredToken", "ExpiredTokenException", "RequestExpired"];
const wrong = [
  "AuthFailure",
  "InvalidAccessKeyId",
  "InvalidClientTokenId",
  "SignatureDoesNotMatch",
  "UnrecognizedClientException",
];

/** Why credentials are none, where that is what an error tells. */
export function credentialProblem(error: unknown): string | undefined {
  const name = awsErrorName(error);
  if (missing.includes(name)) {
    return `AWS credentials: are missing (${firstLine(error)}); log in with aws sso login or aws configure, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`;
  }
  if (expired.includes(name)) {
    return "AWS credentials: have expired; log in again, or fetch new ones";
  }
  return wrong.includes(name)
    ? `AWS credentials: are refused by AWS (${name}); check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the profile`
    : undefined;
}

/**
 * What a call that failed for a reason of no setting's tells the user.
 *
 * @param setting what the call was to check
 * @param permission IAM action of the call
 */
export function callProblem(
  setting: string,
  permission: string,
  error: unknown,
): Finding<never> & { readonly problems: readonly string[] } {
  const credentials = credentialProblem(error);
  if (credentials !== undefined) return problem(credentials);
  if (denials.includes(awsErrorName(error)) || awsErrorStatus(error) === 403) {
    return problem(
      `${setting}: cannot be checked, as ${permission} is not permitted; allow it (docs/aws-operator-policy.json)`,
    );
  }
  return problem(
    `${setting}: cannot be checked with ${permission} (${awsErrorName(error)}: ${firstLine(error)}); check the network and the region`,
  );
}

function firstLine(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line.replace(/\.$/, "").slice(0, 200);
}
