import {
  GetInstanceProfileCommand,
  GetRoleCommand,
  paginateListInstanceProfiles,
  paginateListRoles,
  type IAMClient,
} from "@aws-sdk/client-iam";

import { iamPath, readOwnership } from "../../components/tags";
import { plainTags } from "./findEc2Resources";
import type { OwnedResource, ResourceKind } from "./leftovers";

/**
 * Our roles and instance profiles: found by their path, ours only by their tags, which the lists leave out.
 * Neither costs anything.
 */
export async function findIamResources(client: IAMClient): Promise<OwnedResource[]> {
  const found: OwnedResource[] = [];
  const add = (
    kind: ResourceKind,
    id: string,
    created: Date | undefined,
    tags: Record<string, string>,
  ): void => {
    const ownership = readOwnership(tags);
    if (ownership !== undefined) found.push({ kind, id, ownership, created, monthlyCost: 0 });
  };
  for await (const page of paginateListInstanceProfiles({ client }, { PathPrefix: iamPath })) {
    for (const { InstanceProfileName = "", CreateDate } of page.InstanceProfiles ?? []) {
      const { InstanceProfile } = await client.send(
        new GetInstanceProfileCommand({ InstanceProfileName }),
      );
      add("instance profile", InstanceProfileName, CreateDate, plainTags(InstanceProfile?.Tags));
    }
  }
  for await (const page of paginateListRoles({ client }, { PathPrefix: iamPath })) {
    for (const { RoleName = "", CreateDate } of page.Roles ?? []) {
      const { Role } = await client.send(new GetRoleCommand({ RoleName }));
      add("role", RoleName, CreateDate, plainTags(Role?.Tags));
    }
  }
  return found;
}
