import type * as pulumi from "@pulumi/pulumi";

import type { CostFacts } from "../ops/cost/reportedCost";
import type { Plan } from "../settings/plan";
import { nameFor } from "./architecture";
import { nameOfBox } from "./boxNames";
import { BoxPipeline, type ArchitectureSource } from "./BoxPipeline";
import { Preflight } from "./Preflight";
import { declareMadeSource, declareStandingSource } from "./declareSource";
import type { PublishTarget } from "./publishTarget";
import type { Source } from "./source";
import type { StageRunner } from "./stageRunner";

/** Where and from what a box is made. */
export interface BoxSite {
  readonly worker: StageRunner;
  /** The source, where it comes with the worker. */
  readonly source?: Source | undefined;
  readonly publish: PublishTarget;
  /** Of the box in a stack with several; see {@link nameOfBox}. */
  readonly key?: string | undefined;
  /** What is known of the cost; missing where only a bucket has any, or nothing. */
  readonly cost?: pulumi.Input<CostFacts> | undefined;
}

/** Declares the chain that makes a plan's box: what is looked at first, the source, and the stages. */
export function declareBox(
  plan: Plan,
  { worker, source: given, publish, cost, key }: BoxSite,
): BoxPipeline {
  const { settings } = plan;
  const named = (what: string): string => nameOfBox(key, what);
  const { skipFixes, guestAdditions } = settings.provisioning;
  const standing = given ?? declareStandingSource(named, plan, worker);
  const preflight = new Preflight(named("preflight"), {
    worker,
    boxName: plan.boxName,
    boxVersion: plan.version,
    recipe: plan.recipe,
    boxes: plan.boxes,
    publish,
    diskBytes: plan.diskBytes,
    // An image for ARM has EFI; of several architectures it is the other that has a choice.
    firmware: plan.architectures.includes("amd64") ? settings.box.firmware : "efi",
    skipFixes,
    ...(standing && { source: standing }),
  });
  const opts = { dependsOn: [preflight] };
  const sources = plan.architectures.map((architecture) => ({
    architecture,
    source:
      standing ??
      declareMadeSource(nameFor(named("source"), architecture), plan, architecture, worker, opts),
  })) as [ArchitectureSource, ...ArchitectureSource[]];
  return new BoxPipeline(
    named("box"),
    {
      worker,
      sources,
      providers: settings.box.providers,
      userScripts: worker.bringFiles(named("user-scripts"), plan.userScripts, opts),
      userScriptsDigest: plan.userScriptsDigest,
      guestAdditions,
      skipFixes,
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
      publish,
      cost: cost ?? bucketCost(plan),
      provenance: plan.provenance,
    },
    opts,
  );
}

/** All that costs where a box is only published in a cloud. */
function bucketCost({ publish, settings }: Plan): CostFacts | undefined {
  return publish && "bucket" in publish
    ? { region: publish.region, resources: [], spot: false, prices: settings.cost?.prices ?? {} }
    : undefined;
}
