import * as pulumi from "@pulumi/pulumi";

import { boxOutputs, type BoxOutputs } from "./components/boxOutputs";
import { declareBox } from "./components/declareBox";
import { declareSites } from "./components/declareSite";
import { InputError } from "./formats/problems";
import { estimateCost, estimateLine } from "./ops/cost/estimate";
import { makePlans, selectBoxes } from "./settings/boxPlans";
import { readAwsPlace, readStackSettings } from "./settings/stackSettings";

const projectDirectory = __dirname;

/** Declares the stack: what is to be made, where, the chains that make it, and the outputs. */
async function main(): Promise<BoxOutputs> {
  const planned = await makePlans(readStackSettings(), projectDirectory, readAwsPlace());
  const boxes = selectBoxes(planned, process.env);
  const cost = pulumi.runtime.isDryRun() && estimateCost(boxes.map(({ plan }) => plan));
  if (cost) void pulumi.log.info(`cost: ${estimateLine(cost)}`);

  const sites = await declareSites(boxes, projectDirectory);
  return boxOutputs(
    boxes.map(({ key, label, plan }, index) => {
      const { worker, amiId, ...site } = sites[index]!;
      const made = worker && plan.publish && { ...site, worker, publish: plan.publish, key };
      return { key, label, amiId, box: made && declareBox(plan, made) };
    }),
  );
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
