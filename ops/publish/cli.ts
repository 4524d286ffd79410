/**
 * Publishes the boxes of one version in a folder or in a bucket: the boxes, their report, then the catalog.
 *
 *     BOXES=.. BOX_NAME=.. BOX_VERSION=.. PUBLISH_DIR=out node publish.js
 *     BOXES=.. BOX_NAME=.. BOX_VERSION=.. PUBLISH_BUCKET=.. PUBLISH_PREFIX=.. AWS_REGION=.. node publish.js
 *
 * BOXES is a JSON list, the box that the report is about first: [{"file": "a.box", "sha256": "..",
 * "provider": "virtualbox", "architecture": "amd64"}]. Optional: DESCRIPTION, PROOF_DIR (what the boot proof
 * left), COST (JSON
 * object of what is known of the cost), PACKAGES_FILE (the packages in the guest), PRIVATE_ADDRESS (in the Vagrantfile to download), PUBLISH_URL (where a web server shows the place), PROVENANCE (JSON object of texts), STAGES (JSON list of
 * what the stages printed). Prints one JSON line: the place, the URLs, the bytes.
 *
 *     BOXES=.. BOX_NAME=.. BOX_VERSION=.. RECIPE=.. PUBLISH_DIR=out node publish.js check
 *
 * says beforehand, without leaving anything there, what would keep that version from being published. Of
 * BOXES it needs provider and architecture. Prints one JSON line: the place and the problems.
 */
import type { StageResult } from "../../components/stageRunner";
import { runCommand } from "../../formats/cli/command";
import type { CostFacts } from "../cost/reportedCost";
import { publish, type BoxFile } from "./publish";
import { boxFileName } from "./registryStore";
import { openStore } from "./stores";

type Variables = Readonly<Record<string, string | undefined>>;

/** Does what this file's header says, with the variables of an environment. */
export async function publishCommand(
  args: readonly string[],
  variables: Variables,
): Promise<Readonly<Record<string, unknown>>> {
  const isCheck = args[0] === "check";
  if (args.length > (isCheck ? 1 : 0)) {
    throw new Error(`${JSON.stringify(args.join(" "))} is no action; allowed: check, or nothing`);
  }
  const needed = ["BOXES", "BOX_NAME", "BOX_VERSION", ...(isCheck ? ["RECIPE"] : [])];
  const missing = [...needed, variables["PUBLISH_BUCKET"] ? "AWS_REGION" : "PUBLISH_DIR"].filter(
    (name) => !variables[name],
  );
  if (missing.length > 0) throw new Error(`variables that are not set: ${missing.join(", ")}`);
  const value = (name: string): string => variables[name] ?? "";

  const store = openStore(variables);
  const [name, version] = [value("BOX_NAME"), value("BOX_VERSION")];
  const boxes = JSON.parse(value("BOXES")) as [BoxFile, ...BoxFile[]];
  if (isCheck) {
    const files = boxes.map(({ provider, architecture }) => boxFileName(provider, architecture));
    const problems = await store.checkVersion(name, version, value("RECIPE"), files);
    return { place: store.place, problems };
  }
  return {
    ...(await publish(store, {
      boxes,
      name,
      version,
      description: value("DESCRIPTION"),
      provenance: JSON.parse(value("PROVENANCE") || "{}") as Record<string, string>,
      stages: JSON.parse(value("STAGES") || "[]") as StageResult[],
      ...(value("PROOF_DIR") && { proofDirectory: value("PROOF_DIR") }),
      ...(value("COST") && { cost: JSON.parse(value("COST")) as CostFacts }),
      ...(value("PRIVATE_ADDRESS") && { privateAddress: value("PRIVATE_ADDRESS") }),
      ...(value("PACKAGES_FILE") && { packagesFile: value("PACKAGES_FILE") }),
    })),
  };
}

runCommand(module, "publish", (args) => publishCommand(args, process.env));
