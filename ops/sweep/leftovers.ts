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
  /** When it was made, where AWS tells. */
  readonly created: Date | undefined;
  /** What it costs while it stays, per month; undefined where the price is not known. */
  readonly monthlyCost: number | undefined;
}

/** Why a resource is one nobody needs any more. */
export type LeftoverReason = "expired" | "not in the state";

export interface Leftover extends OwnedResource {
  readonly reason: LeftoverReason;
}

/** Ids that a stack's state holds; undefined when the state could not be read. */
export type StateLookup = (project: string, stack: string) => ReadonlySet<string> | undefined;

/** Younger than this, a resource may belong to a run that has not written its state yet. */
const graceMs = 60 * 60 * 1000;

/**
 * The resources nobody needs any more, in the order they can be deleted: those past their expiry, and
 * those that the state of their stack does not know an hour after they were made. What expires is left over
 * even when the state knows it: its run is over, and `pulumi destroy` forgives what is gone already.
 */
export function findLeftovers(
  resources: readonly OwnedResource[],
  now: Date,
  stateOf: StateLookup,
): Leftover[] {
  return resources
    .flatMap((resource): Leftover[] => {
      const reason = reasonFor(resource, now, stateOf);
      return reason === undefined ? [] : [{ ...resource, reason }];
    })
    .sort((a, b) => resourceKinds.indexOf(a.kind) - resourceKinds.indexOf(b.kind));
}

function reasonFor(
  { id, created, ownership }: OwnedResource,
  now: Date,
  stateOf: StateLookup,
): LeftoverReason | undefined {
  if (ownership.expires <= now) return "expired";
  const isOld = created !== undefined && now.getTime() - created.getTime() > graceMs;
  const known = stateOf(ownership.project, ownership.stack);
  return isOld && known !== undefined && !known.has(id) ? "not in the state" : undefined;
}
