import * as pulumi from "@pulumi/pulumi";

import type { BoxArchitecture } from "../formats/box/texts";
import type { StageRunner } from "./stageRunner";

/** Name of a resource that there is one of for each architecture: as it is for amd64, with a suffix for others. */
export function nameFor(name: string, architecture: BoxArchitecture): string {
  return architecture === "amd64" ? name : `${name}-${architecture}`;
}

/** Folder on the worker for what is made for an architecture: two chains must not write the same files. */
export function folderFor(
  worker: StageRunner,
  architecture: BoxArchitecture,
): pulumi.Output<string> {
  return architecture === "amd64"
    ? worker.workDirectory
    : pulumi.interpolate`${worker.workDirectory}/${architecture}`;
}
