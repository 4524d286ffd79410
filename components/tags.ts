/** What every resource in a cloud is marked with, so that it can be found again whatever becomes of the state. */
export interface Ownership {
  /** Pulumi project. */
  readonly project: string;
  /** Pulumi stack. */
  readonly stack: string;
  /** The run that made it, unique to it. */
  readonly run: string;
  /** When nobody can need it any more. */
  readonly expires: Date;
}

/** Names of the tags. */
export const tagNames = {
  project: "ami2box:project",
  stack: "ami2box:stack",
  run: "ami2box:run",
  expires: "ami2box:expires",
} as const;

/** Path of our IAM roles and instance profiles: IAM finds by path, not by tag. */
export const iamPath = "/ami2box/";

/** The tags of a resource. */
export function ownershipTags({
  project,
  stack,
  run,
  expires,
}: Ownership): Readonly<Record<string, string>> {
  return {
    [tagNames.project]: project,
    [tagNames.stack]: stack,
    [tagNames.run]: run,
    [tagNames.expires]: timestamp(expires),
  };
}

/** Reads the tags back; undefined for a resource that is not ours, or whose tags are not whole. */
export function readOwnership(tags: Readonly<Record<string, string>>): Ownership | undefined {
  const { [tagNames.project]: project, [tagNames.stack]: stack, [tagNames.run]: run } = tags;
  const expires = new Date(tags[tagNames.expires] ?? "");
  if (!project || !stack || !run || Number.isNaN(expires.getTime())) return undefined;
  return { project, stack, run, expires };
}

/** A time as tags and AWS's parameters have it: RFC 3339 in UTC, to the second. */
export function timestamp(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
