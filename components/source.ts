import type * as pulumi from "@pulumi/pulumi";

import type { StageResult } from "./stageRunner";

/** What a box is made from, as the stages on the worker see it. */
export interface Source {
  /** Variables that tell a stage how to open the source. */
  readonly variables: pulumi.Output<Record<string, string>>;
  /** Digest of the source: a stage that reads it runs again when this changes. */
  readonly digest: pulumi.Output<string>;
  /** What the stages printed that made the source, for the report. */
  readonly results: readonly pulumi.Output<StageResult>[];
}
