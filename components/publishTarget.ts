import * as pulumi from "@pulumi/pulumi";

/** Where boxes are published: a folder on the worker, or a bucket that the worker may write to. */
export type PublishTarget = PublishPresentation &
  (
    | { readonly directory: pulumi.Input<string> }
    | {
        readonly bucket: pulumi.Input<string>;
        /** What the keys begin with; may be empty. */
        readonly prefix: pulumi.Input<string>;
        readonly region: pulumi.Input<string>;
      }
  );

/** What Vagrant and people are told besides. */
interface PublishPresentation {
  /** Where a web server shows the place; left out, its own address. */
  readonly url?: pulumi.Input<string> | undefined;
  /** IPv4 address of the machine in the Vagrantfile to download. */
  readonly privateAddress?: pulumi.Input<string> | undefined;
}

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

/** The variables that say how what is published is shown: the stage that publishes alone needs them. */
export function presentationVariables({
  url,
  privateAddress,
}: PublishTarget): Record<string, pulumi.Input<string>> {
  return {
    ...(url !== undefined && { PUBLISH_URL: url }),
    ...(privateAddress !== undefined && { PRIVATE_ADDRESS: privateAddress }),
  };
}
