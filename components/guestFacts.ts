import type { GuestAdditions } from "../formats/box/sharedFolders";
import type { StageResult } from "./stageRunner";

/** What the provisioned guest turned out to have for shared folders. */
export function additionsOf(result: StageResult): GuestAdditions {
  const { guestAdditions } = (result["guestAdditions"] ?? {}) as {
    guestAdditions?: GuestAdditions;
  };
  return guestAdditions ?? "none";
}

/** What `vagrant box list -i` tells of the guest. */
export function guestInfo(result: StageResult): Record<string, string | number> {
  return {
    guestAdditions: additionsOf(result),
    access: result["access"] === "private" ? "private" : "public",
    packages: Number(result["packages"] ?? 0),
  };
}
