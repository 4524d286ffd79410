import * as pulumi from "@pulumi/pulumi";

import { awsResources } from "../ops/cost/awsResources";
import type { CostFacts } from "../ops/cost/reportedCost";
import type { AwsPlan } from "../settings/plan";
import { digestValue } from "../settings/recipe";
import { BakedAmi } from "./BakedAmi";
import { nameOfBox } from "./boxNames";
import { BuildRun, hoursLater } from "./BuildRun";
import { EphemeralKeyPair } from "./EphemeralKeyPair";
import type { ProjectFiles } from "./projectFiles";
import { RemoteWorker } from "./RemoteWorker";
import { SourceVolume } from "./SourceVolume";
import { Worker } from "./Worker";
import { WorkerRole } from "./WorkerRole";
import { WorkerSecurityGroup } from "./WorkerSecurityGroup";
import type { Site } from "./declareSite";
import { workerPurposes } from "./declareWorker";

/** A box that is made in EC2. */
export interface AwsBox {
  /** See {@link nameOfBox}. */
  readonly key?: string | undefined;
  readonly plan: AwsPlan;
}

/** What the machines of a stack have in common. */
interface Common {
  readonly projectDirectory: string;
  readonly files: ProjectFiles;
  readonly run: BuildRun;
  readonly keyPair: EphemeralKeyPair;
  readonly network: WorkerSecurityGroup;
  /** Of the workers; missing where AMIs are all that is made. */
  readonly role?: WorkerRole | undefined;
}

/**
 * Declares the machines in EC2: each box has its own, the run, the key pair, the security group and the role
 * are of all. A worker needs nothing of its bake, so that both go on side by side; the source's volume alone
 * waits for both.
 */
export function declareAwsSites(
  boxes: readonly [AwsBox, ...AwsBox[]],
  projectDirectory: string,
  files: ProjectFiles,
): Site[] {
  const { source, settings, recipe } = boxes[0].plan;
  const { lifetimeHours, subnetId } = settings.worker;
  const run = new BuildRun("run", {
    recipe: boxes[0].key === undefined ? recipe : digestValue(boxes.map(({ plan }) => plan.recipe)),
    lifetimeHours,
  });
  const { tags } = run;
  const common: Common = {
    projectDirectory,
    files,
    run,
    keyPair: new EphemeralKeyPair("key", { tags }),
    network: new WorkerSecurityGroup("network", {
      sshCidr: source.facts.sshCidr,
      ...(subnetId !== undefined && { vpcId: source.facts.vpcId }),
      tags,
    }),
    role: declareRole(boxes, run),
  };
  return boxes.map((box) => declareAwsSite(box, common));
}

function declareAwsSite({ key, plan }: AwsBox, common: Common): Site {
  const named = (what: string): string => nameOfBox(key, what);
  const origin = declareOrigin(named("bake"), plan, common);
  const worker = declareWorker(named("worker"), plan, common);
  if (worker === undefined) return origin.site;

  const { volumeInitializationRate } = plan.settings.worker;
  return {
    ...origin.site,
    cost: costFacts(plan, common.run, origin.bakedAt),
    worker: new RemoteWorker(named("stages"), {
      projectDirectory: common.projectDirectory,
      files: common.files,
      connection: worker.connection,
      identity: worker.instanceId,
      workDirectory: plan.workDirectory,
      purposes: workerPurposes(plan),
      instance: worker.instance,
      waitFor: [...common.network.rules],
    }),
    source: new SourceVolume(named("source"), {
      snapshotId: origin.snapshotId,
      instanceId: worker.instanceId,
      availabilityZone: worker.availabilityZone,
      volumeInitializationRate,
      tags: common.run.tags,
    }),
  };
}

/** The role of the workers, which publish in one bucket. */
function declareRole(boxes: readonly AwsBox[], { tags }: BuildRun): WorkerRole | undefined {
  const { plan } = boxes.find((box) => box.plan.source.facts.worker !== undefined) ?? {};
  if (plan?.publish === undefined || !("bucket" in plan.publish)) return undefined;
  return new WorkerRole("role", {
    bucket: plan.publish.bucket,
    prefix: plan.publish.prefix,
    region: plan.source.facts.region,
    tags,
  });
}

interface Origin {
  readonly site: Pick<Site, "amiId">;
  readonly snapshotId: BakedAmi["snapshotId"] | string;
  readonly bakedAt?: BakedAmi["bakedAt"];
}

/** The snapshot that a box is made from, baked first where it must be. */
function declareOrigin(
  name: string,
  plan: AwsPlan,
  { projectDirectory, run, keyPair, network }: Common,
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
  const baked = new BakedAmi(name, {
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
function declareWorker(
  name: string,
  plan: AwsPlan,
  { run, keyPair, network, role }: Common,
): Worker | undefined {
  const { worker: machine } = plan.source.facts;
  if (machine === undefined || role === undefined) return undefined;
  const { rootGiB, lifetimeHours, spot, subnetId } = plan.settings.worker;
  return new Worker(name, {
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
