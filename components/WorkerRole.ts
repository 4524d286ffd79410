import { InstanceProfile } from "@pulumi/aws/iam/instanceProfile";
import { Role } from "@pulumi/aws/iam/role";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy";
import * as pulumi from "@pulumi/pulumi";
import { RandomId } from "@pulumi/random/randomId";

import { assumeRolePolicy, publishPolicy } from "./policies";
import { iamPath } from "./tags";

export interface WorkerRoleArgs {
  /** Bucket that boxes are published in. */
  bucket: pulumi.Input<string>;
  /** Keys the worker may write begin with it; without slashes at its ends, empty for the whole bucket. */
  prefix: pulumi.Input<string>;
  /** Region of the bucket; it tells the partition (AWS, China, GovCloud). */
  region: pulumi.Input<string>;
  /** Tags of role and profile; see `ownershipTags`. */
  tags: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** What the worker may do in AWS: put objects under one prefix of one bucket and read them back. */
export class WorkerRole extends pulumi.ComponentResource {
  /** Name of the instance profile, known once the role's policy is attached. */
  public readonly profileName: pulumi.Output<string>;

  constructor(name: string, args: WorkerRoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ami2box:index:WorkerRole", name, {}, opts);

    const parent: pulumi.CustomResourceOptions = { parent: this };
    const suffix = new RandomId(`${name}-suffix`, { byteLength: 4 }, parent);
    const ownName = pulumi.interpolate`ami2box-${suffix.hex}`;
    const role = new Role(
      `${name}-role`,
      {
        name: ownName,
        path: iamPath,
        description: "Worker of ami2box: publishes boxes in one bucket",
        assumeRolePolicy: assumeRolePolicy(),
        tags: args.tags,
      },
      parent,
    );
    const policy = new RolePolicy(
      `${name}-policy`,
      {
        name: "publish",
        role: role.name,
        policy: pulumi
          .all([args.bucket, args.prefix, args.region])
          .apply(([bucket, prefix, region]) => publishPolicy({ bucket, prefix, region })),
      },
      parent,
    );
    const profile = new InstanceProfile(
      `${name}-profile`,
      { name: ownName, path: iamPath, role: role.name, tags: args.tags },
      parent,
    );
    this.profileName = pulumi.all([profile.name, policy.id]).apply(([profileName]) => profileName);
    this.registerOutputs({ profileName: this.profileName });
  }
}
