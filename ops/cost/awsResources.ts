import type { AwsPlan } from "../../settings/plan";
import type { PricedResource, Usage } from "./buildCost";

/** When of a build a resource is there: all of it, until the AMI is baked, or from then on. */
export type Phase = "whole" | "bake" | "after-bake";

/** A resource that a build makes and pays for. */
export type BuildResource = PricedResource & { readonly name: string; readonly phase: Phase };

/** When a build began, when its AMI was baked (or could have been), and when it was over, in hours. */
export interface BuildMoments {
  readonly started: number;
  readonly baked: number;
  readonly ended: number;
}

/** Throughput of a worker's root disk, MiB/s: within 0.25 for each of gp3's 3,000 IOPS. */
export const workerRootMiBps = 500;

/** What a build in EC2 makes that costs by the hour. */
export function awsResources({ settings, source }: AwsPlan): BuildResource[] {
  const { worker } = source.facts;
  const { rootGiB, volumeInitializationRate } = settings.worker;
  return [
    ...bakeResources(settings.source, source.facts.source),
    ...(worker === undefined
      ? []
      : [
          ...machine("worker", worker.instanceType, "whole"),
          volume("worker's disk", rootGiB, "whole", workerRootMiBps),
          volume("source's volume", sourceGiB(settings.source, source.facts.source), "after-bake"),
          ...(volumeInitializationRate === undefined
            ? []
            : [
                {
                  name: "volume initialisation",
                  phase: "after-bake" as const,
                  kind: "unpriced" as const,
                  what: `at ${volumeInitializationRate} MiB/s`,
                },
              ]),
        ]),
  ];
}

type Settings = AwsPlan["settings"]["source"];
type Facts = AwsPlan["source"]["facts"]["source"];

/** The builder is stopped when the AMI is taken: its disk stays until destroy, its address does not. */
function bakeResources(settings: Settings, facts: Facts): BuildResource[] {
  if (facts.type !== "bake") return [];
  const size = sourceGiB(settings, facts);
  return [
    ...machine("builder", facts.builder.instanceType, "bake"),
    volume("builder's disk", size, "whole"),
    size === undefined
      ? unknownSize("snapshot of the AMI", "after-bake")
      : { name: "snapshot of the AMI", phase: "after-bake", kind: "snapshot", GiB: size },
  ];
}

function sourceGiB(settings: Settings, facts: Facts): number | undefined {
  switch (facts.type) {
    case "bake":
      return (settings.type === "bake" ? settings.rootGiB : undefined) ?? facts.base.rootGiB;
    case "ami":
      return facts.image.rootGiB;
    case "snapshot":
      return facts.GiB;
  }
}

function machine(name: string, type: string, phase: Phase): BuildResource[] {
  return [
    { name, phase, kind: "instance", type },
    { name: `${name}'s address`, phase, kind: "address" },
  ];
}

function volume(
  name: string,
  GiB: number | undefined,
  phase: Phase,
  MiBps?: number,
): BuildResource {
  return GiB === undefined
    ? unknownSize(name, phase)
    : { name, phase, kind: "volume", GiB, ...(MiBps !== undefined && { MiBps }) };
}

function unknownSize(name: string, phase: Phase): BuildResource {
  return { name, phase, kind: "unpriced", what: "size not known" };
}

/** How long each resource was there. */
export function usagesOf(
  resources: readonly BuildResource[],
  { started, baked, ended }: BuildMoments,
): Usage[] {
  const hours: Readonly<Record<Phase, number>> = {
    whole: ended - started,
    bake: baked - started,
    "after-bake": ended - baked,
  };
  return resources.map(({ phase, ...resource }) => ({ ...resource, hours: hours[phase] }));
}
