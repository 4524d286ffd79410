import { DescribeSnapshotsCommand } from "@aws-sdk/client-ec2";

import { awsErrorName, callProblem } from "./awsErrors";
import type { AwsClients } from "./clients";
import { problem, type Finding } from "./finding";

/** A snapshot that volumes can be made from. */
export interface SnapshotFact {
  readonly id: string;
  /** Size of the volume it was taken of; undefined where AWS does not tell. */
  readonly GiB: number | undefined;
}

/**
 * Whether a snapshot is there, whole, and one that volumes can be made from.
 *
 * @param what how messages name it, with its id
 * @param remedy what to do about one that cannot be read
 */
export async function checkSnapshot(
  { ec2 }: Pick<AwsClients, "ec2">,
  setting: string,
  id: string,
  what: string,
  remedy: string,
): Promise<Finding<SnapshotFact>> {
  try {
    const query = new DescribeSnapshotsCommand({ SnapshotIds: [id] });
    const [snapshot] = (await ec2.send(query)).Snapshots ?? [];
    if (snapshot === undefined) return problem(`${setting}: ${what} cannot be read; ${remedy}`);
    return snapshot.State === undefined || snapshot.State === "completed"
      ? { fact: { id, GiB: snapshot.VolumeSize } }
      : problem(`${setting}: ${what} is ${snapshot.State}; wait until it is completed`);
  } catch (error) {
    return /^InvalidSnapshot/.test(awsErrorName(error))
      ? problem(`${setting}: ${what} cannot be read; ${remedy}`)
      : callProblem(setting, "ec2:DescribeSnapshots", error);
  }
}
