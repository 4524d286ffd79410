import * as pulumi from "@pulumi/pulumi";

/** Where boxes are published: a folder on the worker, or a bucket that the worker may write to. */
export type PublishTarget =
  | { readonly directory: pulumi.Input<string> }
  | {
      readonly bucket: pulumi.Input<string>;
      /** What the keys begin with; may be empty. */
      readonly prefix: pulumi.Input<string>;
      readonly region: pulumi.Input<string>;
    };

/** The variables that tell a stage where boxes are published. */
export function publishVariables(target: PublishTarget): Record<string, pulumi.Input<string>> {
  return "directory" in target
    ? { PUBLISH_DIR: target.directory }
    : {
        PUBLISH_BUCKET: target.bucket,
        PUBLISH_PREFIX: target.prefix,
        AWS_REGION: target.region,
      };
}
