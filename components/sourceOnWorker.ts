import type * as pulumi from "@pulumi/pulumi";

import { isOnWorker, type ImageIdentity, type SourceIdentity } from "../settings/sourceIdentity";
import type { StageRunner } from "./stageRunner";

/** A source by the paths that the worker knows it by. */
export type SourceOnWorker =
  | Exclude<SourceIdentity, ImageIdentity>
  | (Omit<ImageIdentity, "path"> & { readonly path: pulumi.Input<string> });

/** Brings what a source is made of to the worker, unless it is there. */
export function sourceOnWorker(
  name: string,
  source: SourceIdentity,
  worker: StageRunner,
): SourceOnWorker {
  if (source.type !== "image" || isOnWorker(source.settings)) return source;
  const paths = worker.bringFiles(name, [source.path], {});
  return { ...source, path: paths.apply(([path = ""]) => path) };
}
