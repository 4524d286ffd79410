import {
  DescribeVolumesModificationsCommand,
  ModifyVolumeCommand,
  type ModifyVolumeCommandInput,
} from "@aws-sdk/client-ec2";
import type { Properties } from "../lib/wireValues";
import type { Clients } from "./clients";
import { limits, NotYet, waitUntil } from "./waiting";

/** One value of a volume, if it changed. */
export function volumeChange(
  before: Properties,
  after: Properties,
  property: string,
  parameter: keyof ModifyVolumeCommandInput,
): Partial<ModifyVolumeCommandInput> {
  const wanted = after[property];
  return wanted === undefined || wanted === before[property] ? {} : { [parameter]: wanted };
}

/** Changes a volume, and waits until AWS has begun to use the new values. */
export async function modifyVolume(
  { ec2 }: Clients,
  VolumeId: string,
  change: Partial<ModifyVolumeCommandInput>,
): Promise<void> {
  if (Object.keys(change).length === 0) return;
  await ec2.send(new ModifyVolumeCommand({ VolumeId, ...change }));
  const what = `EBS Volume (${VolumeId}) to be modified`;
  await waitUntil(what, { limitMs: limits.volume }, async () => {
    const { VolumesModifications } = await ec2.send(
      new DescribeVolumesModificationsCommand({ VolumeIds: [VolumeId] }),
    );
    const last = VolumesModifications?.at(-1);
    if (last?.ModificationState === "failed") {
      throw new Error(`${what}: ${last.StatusMessage ?? "it failed"}`);
    }
    if (last?.ModificationState === "modifying") throw new NotYet("modifying");
  });
}
