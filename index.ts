import * as pulumi from "@pulumi/pulumi";

import { BoxPipeline } from "./components/BoxPipeline";
import { LocalWorker } from "./components/LocalWorker";
import { Preflight } from "./components/Preflight";
import { declareSource } from "./components/declareSource";
import type { StageRunner } from "./components/stageRunner";
import { InputError } from "./formats/problems";
import { makePlan } from "./settings/plan";
import { readStackSettings } from "./settings/stackSettings";

const projectDirectory = __dirname;

/** Declares the stack: what is to be made, the worker, the chain on it, and the outputs. */
async function main(): Promise<Record<string, pulumi.Output<string>>> {
  const plan = await makePlan(readStackSettings(), projectDirectory);
  const { settings } = plan;

  const worker: StageRunner = new LocalWorker("worker", {
    projectDirectory,
    workDirectory: plan.workDirectory,
  });
  const preflight = new Preflight("preflight", {
    worker,
    boxName: plan.boxName,
    boxVersion: plan.version,
    recipe: plan.recipe,
    boxes: [{ provider: "virtualbox", architecture: "amd64" }],
    publish: { directory: plan.publishDirectory },
    diskBytes: plan.diskBytes,
    firmware: settings.box.firmware,
    skipFixes: settings.provisioning.skipFixes,
    ...(plan.source.type === "image" && { image: plan.source }),
  });
  const source = declareSource("source", plan.source, worker, { dependsOn: [preflight] });
  const pipeline = new BoxPipeline(
    "box",
    {
      worker,
      source,
      userScripts: worker.bringFiles("user-scripts", plan.userScripts, {
        dependsOn: [preflight],
      }),
      userScriptsDigest: plan.userScriptsDigest,
      guestAdditions: settings.provisioning.guestAdditions,
      skipFixes: settings.provisioning.skipFixes,
      preflight: preflight.result,
      box: {
        ...settings.box,
        name: plan.boxName,
        version: plan.version,
        diskBytes: plan.diskBytes,
        authorizedKeys: plan.authorizedKeys,
        threads: settings.worker.threads,
      },
      ...(settings.box.bootProof && {
        bootProof: { timeoutSeconds: settings.box.bootTimeoutSeconds },
      }),
      publish: { directory: plan.publishDirectory },
      provenance: plan.provenance,
    },
    { dependsOn: [preflight] },
  );
  return {
    boxUrl: pipeline.boxUrl,
    catalogUrl: pipeline.catalogUrl,
    boxSha256: pipeline.boxSha256,
    boxVersion: pipeline.boxVersion,
    reportUrl: pipeline.reportUrl,
  };
}

/** A mistake in the settings is told in a sentence, without the program's stack trace. */
async function mainOrRefusal(): ReturnType<typeof main> {
  try {
    return await main();
  } catch (error) {
    throw error instanceof InputError ? new pulumi.RunError(error.message) : error;
  }
}

export = mainOrRefusal;
