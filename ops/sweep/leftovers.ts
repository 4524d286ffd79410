import type { Ownership } from "../../components/tags";

/** Kinds of things a build makes in AWS, in the order they can be deleted. */
export const resourceKinds = [
  "instance",
  "image",
  "snapshot",
  "volume",
  "key pair",
  "security group",
  "instance profile",
  "role",
  "multipart upload",
] as const;

export type ResourceKind = (typeof resourceKinds)[number];

/** Something in an account that bears our tags. */
export interface OwnedResource {
  readonly kind: ResourceKind;
  /** What AWS calls it: an id, for roles, profiles and key pairs its name. */
  readonly id: string;
  readonly ownership: Ownership;
  /** Where it is; `global` for what is of no region. */
  readonly region?: string;
  /** When it was made, where AWS tells. */
  readonly created: Date | undefined;
  /** What it costs while it stays, per month; undefined where the price is not known. */
  readonly monthlyCost: number | undefined;
  /** Of a snapshot: the image that needs it, which AWS does not let go before. */
  readonly image?: string;
  /** Whether it is to outlive its stack, as an image with `source.keepDays` is. */
  readonly isKept?: true;
}

/** Why a resource is one nobody needs any more. */
export type LeftoverReason = "expired" | "not in the state";

export interface Leftover extends OwnedResource {
  readonly reason: LeftoverReason;
}

/** What the state of a stack holds. */
export interface StackState {
  /** Every name in it: ids of resources, and of what is part of them, and the runs that made them. */
  readonly names: ReadonlySet<string>;
  /**
   * Whether everybody who works with the stack has this state. In a folder of one machine a stack of the same
   * name may stand on another machine too.
   */
  readonly isShared: boolean;
}

/** The state of a stack; undefined when it could not be read, or is being written. */
export type StateLookup = (stack: string) => StackState | undefined;

/** Younger than this, a resource may belong to a run that has not written its state yet. */
const graceMs = 60 * 60 * 1000;

/**
 * The resources nobody needs any more, in the order they can be deleted: those past their expiry, and
 * those that the state of their stack does not know an hour after they were made. What expires is left over
 * even when the state knows it: its run is over, and `pulumi destroy` forgives what is gone already. Only an
 * image may be what a stack is for: it stays as long as the state has it, and its snapshots stay with it.
 */
export function findLeftovers(
  resources: readonly OwnedResource[],
  now: Date,
  stateOf: StateLookup,
): Leftover[] {
  const reasons = new Map<OwnedResource, LeftoverReason>();
  for (const resource of resources) {
    const reason = reasonFor(resource, now, stateOf);
    if (reason !== undefined) reasons.set(resource, reason);
  }
  const images = new Map(
    resources.filter(({ kind }) => kind === "image").map((image) => [image.id, image]),
  );
  return resources
    .flatMap((resource): Leftover[] => {
      const reason = reasons.get(images.get(resource.image ?? "") ?? resource);
      return reason === undefined ? [] : [{ ...resource, reason }];
    })
    .sort((a, b) => resourceKinds.indexOf(a.kind) - resourceKinds.indexOf(b.kind));
}

/** Those of them that the state of their stack may decide about. */
export function needState(resources: readonly OwnedResource[], now: Date): OwnedResource[] {
  return resources.filter((resource) =>
    isExpired(resource, now) ? isManagedImage(resource) : isJudgedByState(resource, now),
  );
}

/** One without a time of its own to stay. */
function isManagedImage({ kind, isKept }: OwnedResource): boolean {
  return kind === "image" && isKept !== true;
}

function isExpired({ ownership }: OwnedResource, now: Date): boolean {
  return ownership.expires <= now;
}

/** An upload is in no state; what is kept outlives it. */
function isJudgedByState({ kind, created, isKept }: OwnedResource, now: Date): boolean {
  return (
    kind !== "multipart upload" &&
    isKept !== true &&
    created !== undefined &&
    now.getTime() - created.getTime() > graceMs
  );
}

function reasonFor(
  resource: OwnedResource,
  now: Date,
  stateOf: StateLookup,
): LeftoverReason | undefined {
  const { stack, run } = resource.ownership;
  const isExpiredNow = isExpired(resource, now);
  if (!isExpiredNow && !isJudgedByState(resource, now)) return undefined;
  const state = stateOf(stack);
  const isKnown = state?.names.has(resource.id) === true;
  if (isExpiredNow) return isManagedImage(resource) && isKnown ? undefined : "expired";
  if (state === undefined || isKnown) return undefined;
  return state.isShared || state.names.has(run) ? "not in the state" : undefined;
}
