import { bundleTool } from "../ops/toolBundle";
import { digestFiles } from "../settings/recipe";
import { toolEntryPoints, type Stage } from "./stages";

/** What runs a stage again when it changes: the digests of its scripts and of its tool. */
export function stageTriggers(projectDirectory: string, stage: Stage): string[] {
  const tool =
    stage.tool && bundleTool(projectDirectory, stage.tool, toolEntryPoints[stage.tool]).sha256;
  return [
    digestFiles(projectDirectory, [`scripts/stages/${stage.name}.sh`, ...stage.uses]),
    stage.onlyLooks ? "" : (tool ?? ""),
  ];
}
