import * as pulumi from "@pulumi/pulumi";

import { nameFor } from "./components/architecture";
import { BoxPipeline, type ArchitectureSource } from "./components/BoxPipeline";
import { Preflight } from "./components/Preflight";
import { declareSource } from "./components/declareSource";
import { declareWorker } from "./components/declareWorker";
import { sourceOnWorker } from "./components/sourceOnWorker";
import { InputError } from "./formats/problems";
import { makePlan } from "./settings/plan";
import { readStackRegion, readStackSettings } from "./settings/stackSettings";

const projectDirectory = __dirname;

/** Declares the stack: what is to be made, the worker, the chain on it, and the outputs. */
async function main(): Promise<Record<string, pulumi.Output<string>>> {
  const plan = await makePlan(readStackSettings(), projectDirectory, readStackRegion());
  const { settings } = plan;

  const worker = declareWorker("worker", plan, projectDirectory);
  const found = sourceOnWorker("image", plan.source, worker);
  const preflight = new Preflight("preflight", {
    worker,
    boxName: plan.boxName,
    boxVersion: plan.version,
    recipe: plan.recipe,
    boxes: plan.boxes,
    publish: plan.publish,
    diskBytes: plan.diskBytes,
    firmware: settings.box.firmware,
    skipFixes: settings.provisioning.skipFixes,
    ...(found.type === "image" && { image: found }),
  });
  const sources = plan.architectures.map((architecture) => ({
    architecture,
    source: declareSource(nameFor("source", architecture), found, architecture, worker, {
      dependsOn: [preflight],
    }),
  })) as [ArchitectureSource, ...ArchitectureSource[]];
  const pipeline = new BoxPipeline(
    "box",
    {
      worker,
      sources,
      providers: settings.box.providers,
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
      publish: plan.publish,
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
