import type * as pulumi from "@pulumi/pulumi";

import type { CostFacts } from "../ops/cost/reportedCost";
import type { PlannedBox } from "../settings/boxPlans";
import { isAwsPlan } from "../settings/plan";
import { nameOfBox } from "./boxNames";
import type { AwsBox } from "./declareAwsSite";
import { declareWorker } from "./declareWorker";
import { ProjectFiles } from "./projectFiles";
import type { Source } from "./source";
import type { StageRunner } from "./stageRunner";

/** Where a box is made: the worker, and what it finds there. */
export interface Site {
  /** Missing where an AMI is all that is made. */
  readonly worker?: StageRunner;
  /** The source, where it comes with the worker. */
  readonly source?: Source;
  /** The AMI that the box is made from, or that is all that is made; missing where there is none. */
  readonly amiId?: pulumi.Output<string>;
  /** What is known of the cost; missing where the machine is nobody's cloud. */
  readonly cost?: pulumi.Input<CostFacts>;
}

/** Declares the machines that the boxes of a stack are made on: for each box its own. */
export async function declareSites(
  boxes: readonly [PlannedBox, ...PlannedBox[]],
  projectDirectory: string,
): Promise<Site[]> {
  const inAws = boxes.map(({ key, plan }) => (isAwsPlan(plan) ? [{ key, plan }] : [])).flat();
  const files = new ProjectFiles(projectDirectory);
  if (inAws.length < boxes.length) {
    return boxes.map(({ key, plan }) => ({
      worker: declareWorker(nameOfBox(key, "worker"), plan, projectDirectory, files),
    }));
  }
  // Only who builds in EC2 waits for Pulumi's AWS SDK.
  const { declareAwsSites } = await import("./declareAwsSite");
  return declareAwsSites(inAws as [AwsBox, ...AwsBox[]], projectDirectory, files);
}
