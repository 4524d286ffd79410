import * as path from "node:path";

import { shellQuote } from "./stageCommand";

/** One of the user's own steps: a script, as a path on this machine, or a reboot. */
export type UserStep = { readonly script: string } | { readonly reboot: true };

/** What is known only while the program runs. */
export interface BakeFacts {
  /** How shared folders are provided. */
  readonly guestAdditions: string;
  /** The vagrant user's only key until the box is made. */
  readonly publicKey: string;
}

/** One command on the builder. */
export interface BakeStep {
  /** Unique in the bake. */
  readonly name: string;
  /** A file that is to be copied to the builder first. */
  readonly brings?: { readonly from: string; readonly to: string };
  readonly command: (facts: BakeFacts) => string;
}

export interface BakePlan {
  /** Folder on the builder that holds `scripts/provision` and `scripts/bake`. */
  readonly directory: string;
  /** File that marks the builder as done. */
  readonly mark: string;
  readonly userSteps: readonly UserStep[];
}

/** Seconds a script of ours may take, and one of the user's. */
const ownLimit = 20 * 60;
const userLimit = 60 * 60;

/**
 * The bake as commands, in the seed's order: prepare, common, the user's own, shared folders, and last what
 * takes the machine's traces away.
 *
 * The vagrant user gets the ephemeral key alone, not Vagrant's well-known ones: the image may be started in
 * EC2, and the box gets its access when it is made.
 */
export function bakeSteps({ directory, mark, userSteps }: BakePlan): BakeStep[] {
  const runScript = (script: string, limit: number, assignments: string): string =>
    `${assignments} bash ${directory}/bake/run-script.sh ${shellQuote(script)} ${limit}`;
  const own = (
    name: string,
    variables: (facts: BakeFacts) => Readonly<Record<string, string>> = () => ({}),
  ): BakeStep => ({
    name,
    command: (facts) =>
      runScript(
        `${directory}/provision/${name}.sh`,
        ownLimit,
        assignmentsOf({ AMI2BOX_MODE: "live", ...variables(facts) }),
      ),
  });
  return [
    own("prepare"),
    own("common", ({ publicKey }) => ({
      AMI2BOX_ACCESS: "private",
      AMI2BOX_AUTHORIZED_KEY: publicKey,
    })),
    ...userSteps.map((step, index): BakeStep => {
      const name = `own-${index + 1}`;
      if ("reboot" in step) {
        return { name, command: () => `bash ${directory}/bake/reboot.sh` };
      }
      const to = `${directory}/own/${index + 1}/${path.basename(step.script)}`;
      return {
        name,
        brings: { from: step.script, to },
        command: () => runScript(to, userLimit, assignmentsOf({ AMI2BOX_MODE: "live" })),
      };
    }),
    own("guest-additions", ({ guestAdditions }) => ({
      AMI2BOX_GUEST_ADDITIONS: guestAdditions,
    })),
    {
      name: "generalise",
      command: () =>
        runScript(
          `${directory}/bake/generalise.sh`,
          ownLimit,
          assignmentsOf({ BAKE_DIRECTORY: directory, BAKED_MARK: mark }),
        ),
    },
  ];
}

function assignmentsOf(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${shellQuote(value)}`)
    .join(" ");
}
