import type { types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { shellQuote } from "./stageCommand";
import type { WorkerPurpose } from "./preparation";

/** How to reach and log into a machine. */
export type ConnectionArgs = types.input.remote.ConnectionArgs;

/** Seconds that preparing a worker may take: all packages over a slow line. */
const prepareLimitSeconds = 20 * 60;

/**
 * The connection with patience for a machine that still boots: refused connections alone would use up
 * the provider's own limit in eleven seconds.
 *
 * @throws Error, once it is known, that the connection pins no host key
 */
export function remoteConnection(
  connection: pulumi.Input<ConnectionArgs>,
): pulumi.Output<ConnectionArgs> {
  const patient = pulumi
    .output(connection)
    .apply((given) => ({ dialErrorLimit: 60, perDialTimeout: 30, ...given }));
  return patient.apply((given) => {
    if (given.hostKey) return given;
    throw new Error(
      `the connection to ${given.host} has no hostKey; give the public key the machine must prove, as ssh-keyscan prints it`,
    );
  });
}

/**
 * The shell command that unpacks a kit on the worker and installs what the kit's scripts need. The old
 * kit is replaced as a whole: no script that is gone from the project stays.
 *
 * @param work the work directory
 * @param archive the kit's archive
 * @param purposes what the worker is to be able to do; none means all
 */
export function prepareCommand(
  work: string,
  archive: string,
  purposes: readonly WorkerPurpose[],
): string {
  const inWork = (name: string): string => shellQuote(`${work}/${name}`);
  return [
    `rm -rf ${inWork("kit.new")}`,
    `mkdir ${inWork("kit.new")}`,
    `tar -xzf ${shellQuote(archive)} -C ${inWork("kit.new")}`,
    `rm -rf ${inWork("kit")}`,
    `mv -T ${inWork("kit.new")} ${inWork("kit")}`,
    `find ${shellQuote(work)} -maxdepth 1 -name '.kit-*' ! -path ${shellQuote(archive)} -delete`,
    `PURPOSES=${shellQuote(purposes.join(" "))} timeout --kill-after=30 ${prepareLimitSeconds}` +
      ` bash ${inWork("kit/scripts/worker/prepare.sh")}`,
  ].join(" && ");
}
