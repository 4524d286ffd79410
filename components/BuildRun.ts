import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { RandomId } from "@pulumi/random/randomId";

import { ownershipTags, timestamp } from "./tags";

/** Prints the time, RFC 3339 in UTC. */
export const dateCommand = "date --utc +%Y-%m-%dT%H:%M:%SZ";

export interface BuildRunArgs {
  /** Digest of what is built; another one begins another run, the same one goes on. */
  recipe: pulumi.Input<string>;
  /** Hours after which nobody can need the run's machines any more. */
  lifetimeHours: pulumi.Input<number>;
}

/**
 * The run that resources belong to: when it began, and the tags that say so. It stands in the state, so that
 * a run that is repeated unchanged, or goes on after a failure, changes no tag.
 */
export class BuildRun extends pulumi.ComponentResource {
  /** When the run began, RFC 3339 in UTC. */
  public readonly startedAt: pulumi.Output<string>;
  /** Tags of everything the run makes. */
  public readonly tags: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: BuildRunArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ami2box:index:BuildRun", name, {}, opts);

    const id = new RandomId(
      `${name}-id`,
      { byteLength: 4, keepers: { recipe: args.recipe } },
      { parent: this },
    );
    const start = new command.local.Command(
      `${name}-start`,
      {
        create: dateCommand,
        triggers: [args.recipe],
        addPreviousOutputInEnv: false,
      },
      { parent: this },
    );
    this.startedAt = start.stdout.apply((text) => text.trim());
    this.tags = pulumi
      .all([id.hex, this.startedAt, args.lifetimeHours])
      .apply(([run, startedAt, hours]) => ({
        ...ownershipTags({
          project: pulumi.getProject(),
          stack: pulumi.getStack(),
          run,
          expires: new Date(hoursLater(startedAt, hours)),
        }),
      }));
    this.registerOutputs({ startedAt: this.startedAt, tags: this.tags });
  }
}

/** The time so many hours after another, both RFC 3339 in UTC. */
export function hoursLater(start: string, hours: number): string {
  return timestamp(new Date(Date.parse(start) + hours * 3_600_000));
}
