import type * as pulumi from "@pulumi/pulumi";

import type { CostFacts } from "../ops/cost/reportedCost";
import { isAwsPlan, type Plan } from "../settings/plan";
import { declareWorker } from "./declareWorker";
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

/** Declares the machine that a plan's target names. */
export async function declareSite(plan: Plan, projectDirectory: string): Promise<Site> {
  if (!isAwsPlan(plan)) return { worker: declareWorker("worker", plan, projectDirectory) };
  // Only who builds in EC2 waits for Pulumi's AWS SDK.
  const { declareAwsSite } = await import("./declareAwsSite");
  return declareAwsSite(plan, projectDirectory);
}
