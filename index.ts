import * as pulumi from "@pulumi/pulumi";

import { declareBox } from "./components/declareBox";
import { declareSite } from "./components/declareSite";
import { InputError } from "./formats/problems";
import { estimateCost, estimateLine } from "./ops/cost/estimate";
import { makePlan, type Plan } from "./settings/plan";
import { readAwsPlace, readStackSettings } from "./settings/stackSettings";

const projectDirectory = __dirname;

/** Declares the stack: what is to be made, where, the chain that makes it, and the outputs. */
async function main(): Promise<Record<string, pulumi.Output<string>>> {
  const plan = await makePlan(readStackSettings(), projectDirectory, readAwsPlace());
  tellCost(plan);
  const { worker, source, amiId, cost } = await declareSite(plan, projectDirectory);
  const ami = amiId && { amiId };
  if (worker === undefined || plan.publish === undefined) return { ...ami };

  const box = declareBox(plan, { worker, source, publish: plan.publish, cost });
  return {
    ...ami,
    boxUrl: box.boxUrl,
    catalogUrl: box.catalogUrl,
    boxSha256: box.boxSha256,
    boxVersion: box.boxVersion,
    reportUrl: box.reportUrl,
  };
}

/** A preview tells what the build is going to cost. */
function tellCost(plan: Plan): void {
  const cost = pulumi.runtime.isDryRun() ? estimateCost(plan) : undefined;
  if (cost !== undefined) void pulumi.log.info(`cost: ${estimateLine(cost)}`);
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
