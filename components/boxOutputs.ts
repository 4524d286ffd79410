import * as pulumi from "@pulumi/pulumi";

import type { BoxPipeline } from "./BoxPipeline";

/** A box as it was declared. */
export interface DeclaredBox {
  /** Missing for the only box of a stack that lists none. */
  readonly key?: string | undefined;
  readonly label: string;
  /** The AMI that the box is made from, or that is all that is made. */
  readonly amiId?: pulumi.Output<string> | undefined;
  readonly box?: BoxPipeline | undefined;
}

/** What a stack gives out of one box. */
export type OutputsOfBox = Partial<
  Record<"boxUrl" | "catalogUrl" | "boxSha256" | "boxVersion" | "reportUrl" | "amiId", string>
>;

/** What a stack gives out: the one box's facts, or `boxes` with those of each by its name. */
export type BoxOutputs =
  | Record<string, pulumi.Output<string>>
  | { readonly boxes: pulumi.Output<Record<string, OutputsOfBox>> };

/** The stack outputs. A box that failed has none, and keeps those of no other back. */
export function boxOutputs(declared: readonly DeclaredBox[]): BoxOutputs {
  const [first] = declared;
  if (first === undefined || first.key === undefined) return first ? outputsOf(first) : {};
  const each = declared.map((box) =>
    pulumi.recover<OutputsOfBox | undefined>(pulumi.output(outputsOf(box)), () => undefined),
  );
  return {
    boxes: pulumi.all(each).apply((made) =>
      Object.fromEntries(
        declared.flatMap(({ label }, index) => {
          const outputs = made[index];
          return outputs === undefined ? [] : [[label, outputs] as const];
        }),
      ),
    ),
  };
}

function outputsOf({ amiId, box }: DeclaredBox): Record<string, pulumi.Output<string>> {
  return {
    ...(amiId && { amiId }),
    ...(box && {
      boxUrl: box.boxUrl,
      catalogUrl: box.catalogUrl,
      boxSha256: box.boxSha256,
      boxVersion: box.boxVersion,
      reportUrl: box.reportUrl,
    }),
  };
}
