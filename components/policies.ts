/** Where boxes are published. */
export interface PublishPlace {
  readonly bucket: string;
  /** Without slashes at its ends; empty for the whole bucket. */
  readonly prefix: string;
  /** Region of the bucket. */
  readonly region: string;
}

/** Lets EC2 hand a role to its instances (IAM, "Roles for Amazon EC2"). */
export function assumeRolePolicy(): string {
  return policy([
    {
      Effect: "Allow",
      Principal: { Service: "ec2.amazonaws.com" },
      Action: "sts:AssumeRole",
    },
  ]);
}

/**
 * Lets a box be uploaded in parts, verified and catalogued, under one prefix. No `ListBucket`: the worker
 * needs no list, so that S3 answers 403 for a key that is not there.
 */
export function publishPolicy({ bucket, prefix, region }: PublishPlace): string {
  const below = prefix === "" ? "*" : `${prefix}/*`;
  return policy([
    {
      Effect: "Allow",
      Action: [
        "s3:PutObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
        "s3:GetObject",
      ],
      Resource: `arn:${partitionOf(region)}:s3:::${bucket}/${below}`,
    },
  ]);
}

/** The partition a region belongs to (AWS General Reference, "Amazon Resource Names"). */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

function policy(statements: readonly object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}
