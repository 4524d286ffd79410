/**
 * Publishes a box in a folder: the box, its report, then the catalog.
 *
 *     BOX=.. BOX_SHA256=.. BOX_NAME=.. BOX_VERSION=.. PUBLISH_DIR=.. node publish.js
 *
 * Optional: DESCRIPTION, PROOF_DIR (what the boot proof left), PROVENANCE (JSON object of texts), STAGES
 * (JSON list of what the stages printed). Prints one JSON line: the folder, the URLs, the bytes.
 */
import type { StageResult } from "../../components/stageRunner";
import { runCommand } from "../../formats/cli/command";
import { publishToFolder } from "./publishFolder";

/** Does what this file's header says, with the variables of an environment. */
export async function publishCommand(
  variables: Readonly<Record<string, string | undefined>>,
): Promise<Readonly<Record<string, unknown>>> {
  const needed = ["BOX", "BOX_SHA256", "BOX_NAME", "BOX_VERSION", "PUBLISH_DIR"] as const;
  const missing = needed.filter((name) => !variables[name]);
  if (missing.length > 0) throw new Error(`variables that are not set: ${missing.join(", ")}`);
  const value = (name: (typeof needed)[number]): string => variables[name] as string;
  const { PROOF_DIR, PROVENANCE, STAGES, DESCRIPTION } = variables;
  return {
    ...(await publishToFolder({
      box: value("BOX"),
      sha256: value("BOX_SHA256"),
      name: value("BOX_NAME"),
      version: value("BOX_VERSION"),
      directory: value("PUBLISH_DIR"),
      description: DESCRIPTION ?? "",
      architecture: "amd64",
      provenance: JSON.parse(PROVENANCE || "{}") as Record<string, string>,
      stages: JSON.parse(STAGES || "[]") as StageResult[],
      ...(PROOF_DIR && { proofDirectory: PROOF_DIR }),
    })),
  };
}

runCommand(module, "publish", () => publishCommand(process.env));
