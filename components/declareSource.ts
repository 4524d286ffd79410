import * as path from "node:path";

import type * as pulumi from "@pulumi/pulumi";

import { cacheFolder } from "../ops/setup/folders";
import type { SourceIdentity } from "../settings/sourceIdentity";
import { DebianSource } from "./DebianSource";
import { ImageSource } from "./ImageSource";
import type { Source } from "./source";
import type { StageRunner } from "./stageRunner";

/** Declares the component for the kind of source the settings name. */
export function declareSource(
  name: string,
  source: SourceIdentity,
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
          epoch: source.epoch,
          cacheDirectory: path.join(cacheFolder(), "debian"),
        },
        opts,
      );
    case "image":
      return new ImageSource(name, source, opts);
  }
}
