import type * as pulumi from "@pulumi/pulumi";

import type { BoxArchitecture } from "../formats/box/texts";
import { DebianSource } from "./DebianSource";
import { ImageSource } from "./ImageSource";
import type { Source } from "./source";
import type { SourceOnWorker } from "./sourceOnWorker";
import type { StageRunner } from "./stageRunner";

/** Declares the component for the kind of source the settings name. */
export function declareSource(
  name: string,
  source: SourceOnWorker,
  architecture: BoxArchitecture,
  worker: StageRunner,
  opts: pulumi.ComponentResourceOptions,
): Source {
  switch (source.type) {
    case "debian":
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
    case "image":
      return new ImageSource(name, source, opts);
  }
}
