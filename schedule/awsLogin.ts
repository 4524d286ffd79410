import { stringify } from "yaml";

/** What the environment's sessions are opened with. */
export interface AwsLogin {
  /** IAM role that trusts the OpenID Connect provider of Pulumi Cloud. */
  readonly roleArn: string;
  /** How long a session lasts, whole hours. */
  readonly sessionHours: number;
}

/**
 * The definition of an ESC environment that opens a session of an IAM role over OpenID Connect, so that
 * no key of AWS is stored anywhere (Pulumi documentation, "aws-login" provider).
 */
export function awsLoginEnvironment({ roleArn, sessionHours }: AwsLogin): string {
  return stringify({
    values: {
      aws: {
        login: {
          "fn::open::aws-login": {
            oidc: { roleArn, sessionName: "ami2box", duration: `${sessionHours}h` },
          },
        },
      },
      environmentVariables: {
        AWS_ACCESS_KEY_ID: "${aws.login.accessKeyId}",
        AWS_SECRET_ACCESS_KEY: "${aws.login.secretAccessKey}",
        AWS_SESSION_TOKEN: "${aws.login.sessionToken}",
      },
    },
  });
}
