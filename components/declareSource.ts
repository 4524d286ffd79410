import type * as pulumi from "@pulumi/pulumi";

import type { BoxArchitecture } from "../formats/box/texts";
import type { Plan } from "../settings/plan";
import { DebianSource } from "./DebianSource";
import { ImageSource } from "./ImageSource";
import type { Source } from "./source";
import { sourceOnWorker } from "./sourceOnWorker";
import type { StageRunner } from "./stageRunner";

/** Declares a source that is there before any stage runs, so that it can be looked at first. */
export function declareStandingSource(
  named: (what: string) => string,
  { source }: Plan,
  worker: StageRunner,
): Source | undefined {
  const found = sourceOnWorker(named("image"), source, worker);
  return found.type === "image" ? new ImageSource(named("source"), found) : undefined;
}

/** Declares a source that a stage makes. */
export function declareMadeSource(
  name: string,
  { source }: Plan,
  architecture: BoxArchitecture,
  worker: StageRunner,
  opts: pulumi.ComponentResourceOptions,
): Source {
  if (source.type !== "debian") {
    throw new Error(`no stage makes a source of type ${source.type}`);
  }
  return new DebianSource(
    name,
    {
      ...source.settings,
      worker,
      architecture,
      epoch: source.epoch,
      cacheDirectory: worker.packageCache,
    },
    opts,
  );
}
