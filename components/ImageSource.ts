import * as pulumi from "@pulumi/pulumi";

import type { ImageFormat } from "../settings/imageFormat";
import type { Source } from "./source";
import type { StageResult } from "./stageRunner";

export interface ImageSourceArgs {
  /** The image file, as a path on the worker. */
  path: pulumi.Input<string>;
  format: pulumi.Input<ImageFormat>;
  /** Changes when the file does. */
  fingerprint: pulumi.Input<string>;
}

/** A disk image that is on the worker already; it is only ever read. */
export class ImageSource extends pulumi.ComponentResource implements Source {
  public readonly variables: pulumi.Output<Record<string, string>>;
  public readonly digest: pulumi.Output<string>;
  public readonly results: readonly pulumi.Output<StageResult>[] = [];

  constructor(name: string, args: ImageSourceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ami2box:index:ImageSource", name, {}, opts);

    this.variables = pulumi
      .all([args.path, args.format])
      .apply(([path, format]): Record<string, string> => ({
        SOURCE_TYPE: "image",
        IMAGE: path,
        IMAGE_FORMAT: format,
      }));
    this.digest = pulumi.output(args.fingerprint);
    this.registerOutputs({ variables: this.variables, digest: this.digest });
  }
}
