import * as pulumi from "@pulumi/pulumi";

import { awsResources } from "../ops/cost/awsResources";
import type { CostFacts } from "../ops/cost/reportedCost";
import type { AwsPlan } from "../settings/plan";
import { BakedAmi } from "./BakedAmi";
import { BuildRun, hoursLater } from "./BuildRun";
import { EphemeralKeyPair } from "./EphemeralKeyPair";
import { RemoteWorker } from "./RemoteWorker";
import { SourceVolume } from "./SourceVolume";
import { Worker } from "./Worker";
import { WorkerRole } from "./WorkerRole";
import { WorkerSecurityGroup } from "./WorkerSecurityGroup";
import type { Site } from "./declareSite";
import { workerPurposes } from "./declareWorker";

/** What the machines of a stack have in common. */
interface Common {
  readonly run: BuildRun;
  readonly keyPair: EphemeralKeyPair;
  readonly network: WorkerSecurityGroup;
}

/**
 * Declares the machines in EC2. The worker needs nothing of the bake, so that both go on side by side; the
 * source's volume alone waits for both.
 */
export function declareAwsSite(plan: AwsPlan, projectDirectory: string): Site {
  const { facts } = plan.source;
  const { lifetimeHours, subnetId } = plan.settings.worker;
  const run = new BuildRun("run", { recipe: plan.recipe, lifetimeHours });
  const { tags } = run;
  const common: Common = {
    run,
    keyPair: new EphemeralKeyPair("key", { tags }),
    network: new WorkerSecurityGroup("network", {
      sshCidr: facts.sshCidr,
      ...(subnetId !== undefined && { vpcId: facts.vpcId }),
      tags,
    }),
  };
  const origin = declareOrigin(plan, projectDirectory, common);
  const worker = declareWorker(plan, common);
  if (worker === undefined) return origin.site;

  const { volumeInitializationRate } = plan.settings.worker;
  return {
    ...origin.site,
    cost: costFacts(plan, run, origin.bakedAt),
    worker: new RemoteWorker("stages", {
      projectDirectory,
      connection: worker.connection,
      identity: worker.instanceId,
      workDirectory: plan.workDirectory,
      purposes: workerPurposes(plan),
      instance: worker.instance,
      waitFor: [...common.network.rules],
    }),
    source: new SourceVolume("source", {
      snapshotId: origin.snapshotId,
      instanceId: worker.instanceId,
      availabilityZone: worker.availabilityZone,
      volumeInitializationRate,
      tags,
    }),
  };
}

interface Origin {
  readonly site: Pick<Site, "amiId">;
  readonly snapshotId: BakedAmi["snapshotId"] | string;
  readonly bakedAt?: BakedAmi["bakedAt"];
}

/** The snapshot that a box is made from, baked first where it must be. */
function declareOrigin(
  plan: AwsPlan,
  projectDirectory: string,
  { run, keyPair, network }: Common,
): Origin {
  const { source, settings } = plan;
  const { source: facts } = source.facts;
  if (facts.type !== "bake" || settings.source.type !== "bake") {
    return {
      site: facts.type === "ami" ? { amiId: pulumi.output(facts.image.id) } : {},
      snapshotId: "snapshotId" in facts ? facts.snapshotId : "",
    };
  }
  const { keepDays, rootGiB } = settings.source;
  const baked = new BakedAmi("bake", {
    projectDirectory,
    baseImageId: facts.base.id,
    sshUser: facts.builder.sshUser,
    instanceType: facts.builder.instanceType,
    keyName: keyPair.keyName,
    privateKey: keyPair.privateKey,
    publicKey: keyPair.publicKey,
    securityGroupId: network.groupId,
    waitFor: [...network.rules],
    subnetId: settings.worker.subnetId,
    rootGiB,
    userSteps: settings.provisioning.scripts.map((step) =>
      typeof step === "string" ? { script: step } : step,
    ),
    guestAdditions: settings.provisioning.guestAdditions,
    recipe: source.fingerprint,
    lifetimeHours: settings.worker.lifetimeHours,
    ...(keepDays !== undefined && {
      keepUntil: run.startedAt.apply((start) => hoursLater(start, keepDays * 24)),
    }),
    tags: run.tags,
  });
  return {
    site: { amiId: baked.amiId },
    snapshotId: baked.snapshotId,
    bakedAt: baked.bakedAt,
  };
}

/** What the report tells the cost of the build by. */
function costFacts(
  plan: AwsPlan,
  run: BuildRun,
  bakedAt: Origin["bakedAt"],
): pulumi.Output<CostFacts> {
  const { source, worker, cost } = plan.settings;
  const keepDays = source.type === "bake" ? source.keepDays : undefined;
  return pulumi.all([run.startedAt, bakedAt]).apply(([started, baked]) => ({
    region: plan.source.facts.region,
    resources: awsResources(plan),
    started,
    ...(baked !== undefined && { baked }),
    spot: worker.spot,
    ...(keepDays !== undefined && { keepDays }),
    prices: cost.prices,
  }));
}

/** The instance that the stages run on; none where an AMI is all that is made. */
function declareWorker(plan: AwsPlan, { run, keyPair, network }: Common): Worker | undefined {
  const { worker: machine, region } = plan.source.facts;
  const { publish } = plan;
  if (machine === undefined || publish === undefined || !("bucket" in publish)) return undefined;
  const { rootGiB, lifetimeHours, spot, subnetId } = plan.settings.worker;
  const role = new WorkerRole("role", {
    bucket: publish.bucket,
    prefix: publish.prefix,
    region,
    tags: run.tags,
  });
  return new Worker("worker", {
    ...machine,
    keyName: keyPair.keyName,
    privateKey: keyPair.privateKey,
    securityGroupId: network.groupId,
    instanceProfile: role.profileName,
    subnetId,
    rootGiB,
    lifetimeHours,
    spot,
    tags: run.tags,
  });
}
