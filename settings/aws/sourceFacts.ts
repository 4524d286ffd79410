import type { BoxArchitecture } from "../../formats/box/texts";
import type { AwsSourceSettings } from "../schema";
import type { AwsClients } from "./clients";
import { factOf, problem, type Finding } from "./finding";
import { findBaseImage, findImage, type ImageFacts } from "./images";
import { examineBuilder, type MachineFacts } from "./machines";
import { checkSnapshot } from "./snapshots";

/** What a box is made from, as the account has it. */
export type AwsSourceFacts = BakeFacts | AmiFacts | SnapshotFacts;

export interface BakeFacts {
  readonly type: "bake";
  readonly architecture: BoxArchitecture;
  /** The AMI to begin with. */
  readonly base: ImageFacts;
  /** The machine it is baked on. */
  readonly builder: MachineFacts;
}

export interface AmiFacts {
  readonly type: "ami";
  readonly architecture: BoxArchitecture;
  readonly image: ImageFacts;
  /** Snapshot of its root disk. */
  readonly snapshotId: string;
}

export interface SnapshotFacts {
  readonly type: "snapshot";
  readonly architecture: BoxArchitecture;
  readonly snapshotId: string;
  /** Size of the volume made from it; undefined where AWS does not tell. */
  readonly GiB?: number | undefined;
}

/**
 * Looks up the source that the settings name.
 *
 * @param architecture of the box, which the source must be for; missing when the settings of it are wrong
 */
export async function examineSource(
  clients: AwsClients,
  settings: AwsSourceSettings,
  architecture: BoxArchitecture | undefined,
): Promise<Finding<AwsSourceFacts>> {
  switch (settings.type) {
    case "bake": {
      const found = await findBaseImage(clients, settings.base);
      const base = ofArchitecture(found, architecture);
      if (!("fact" in base)) return base;
      const machine = await examineBuilder(clients, settings, base.fact);
      return "fact" in machine
        ? {
            fact: {
              type: "bake",
              architecture: base.fact.architecture,
              base: base.fact,
              builder: machine.fact,
            },
          }
        : machine;
    }
    case "ami":
      return examineAmi(clients, settings.id, architecture);
    case "snapshot": {
      const found = await checkSnapshot(
        clients,
        "source.id",
        settings.id,
        settings.id,
        "give a snapshot of this region, or have its owner share it",
      );
      // A snapshot does not tell what its programs run on.
      return "fact" in found
        ? {
            fact: {
              type: "snapshot",
              architecture: architecture ?? "amd64",
              snapshotId: found.fact.id,
              GiB: found.fact.GiB,
            },
          }
        : found;
    }
  }
}

async function examineAmi(
  clients: AwsClients,
  id: string,
  boxArchitecture: BoxArchitecture | undefined,
): Promise<Finding<AwsSourceFacts>> {
  const found = ofArchitecture(await findImage(clients, "source.id", id), boxArchitecture);
  if (!("fact" in found)) return found;
  const { architecture, rootSnapshotId } = found.fact;
  // Who may start an AMI may not yet read its disk.
  const snapshot = await checkSnapshot(
    clients,
    "source.id",
    rootSnapshotId ?? "",
    `the snapshot ${rootSnapshotId} of ${id}`,
    `have the owner share it, or start from the AMI with source.type: bake`,
  );
  return "fact" in snapshot
    ? { fact: { type: "ami", architecture, image: found.fact, snapshotId: snapshot.fact.id } }
    : snapshot;
}

/** An AMI for another processor than the box's gives no box. */
function ofArchitecture(
  found: Finding<ImageFacts>,
  wanted: BoxArchitecture | undefined,
): Finding<ImageFacts> {
  const image = factOf(found);
  return image === undefined || wanted === undefined || image.architecture === wanted
    ? found
    : problem(
        `box.architecture: ${wanted} is not allowed with ${image.id} (${image.name}), which is for ${image.architecture}; set it to ${image.architecture}, or give another AMI`,
      );
}
