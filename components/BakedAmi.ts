import * as path from "node:path";

import { AmiFromInstance } from "@pulumi/aws/ec2/amiFromInstance";
import { Instance } from "@pulumi/aws/ec2/instance";
import { Tag } from "@pulumi/aws/ec2/tag";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { PrivateKey } from "@pulumi/tls/privateKey";

import { dateCommand } from "./BuildRun";
import { bakeSteps, type BakeStep, type UserStep } from "./bakeSteps";
import { machineConnection, machineHostKey, machineInputs, type MachineArgs } from "./machine";
import { remoteConnection } from "./remoteCommands";
import { tagNames } from "./tags";
import { bakedMark, builderUserData } from "./userData";

export interface BakedAmiArgs extends MachineArgs {
  /** The project's folder, where `scripts/` stands and relative paths count from. */
  projectDirectory: string;
  /** The AMI to begin with. */
  baseImageId: pulumi.Input<string>;
  /** Public half; the vagrant user's only key until the box is made. */
  publicKey: pulumi.Input<string>;
  /** What must be there before the builder can be reached. */
  waitFor?: pulumi.Input<pulumi.Input<pulumi.Resource>[]>;
  /** Size of the builder's root disk, GiB; by default the base image's. */
  rootGiB?: pulumi.Input<number> | undefined;
  /** Your own scripts, paths on this machine, and reboots between them. */
  userSteps: readonly UserStep[];
  /** How shared folders are provided. */
  guestAdditions: pulumi.Input<string>;
  /**
   * Digest of all that decides the image: base, scripts, settings. Another one is another bake, beside which
   * the old one stands until the new image is there; nothing else bakes anew.
   */
  recipe: string;
  /**
   * Left out, destroy removes the image. A time (RFC 3339 in UTC) keeps it: destroy leaves image and
   * snapshots, tagged with and deprecated at that time.
   */
  keepUntil?: pulumi.Input<string> | undefined;
  /** Tags of everything made; see `ownershipTags`. */
  tags: pulumi.Input<Record<string, string>>;
}

/** Folder on the builder; the last script removes it. */
const directory = "/tmp/ami2box-bake";

/** An AMI baked from a base AMI by provisioning scripts on a builder of its own. */
export class BakedAmi extends pulumi.ComponentResource {
  public readonly amiId: pulumi.Output<string>;
  /** Snapshot of the root disk. */
  public readonly snapshotId: pulumi.Output<string>;
  /** When the builder's work was done, RFC 3339 in UTC. */
  public readonly bakedAt: pulumi.Output<string>;

  constructor(name: string, args: BakedAmiArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ami2box:index:BakedAmi", name, {}, opts);

    const bake = `${name}-${args.recipe.slice(0, 8)}`;
    const kept = args.keepUntil !== undefined;
    const imageTags = pulumi
      .all([args.tags, args.keepUntil])
      .apply(([tags, until]) => (until ? { ...tags, [tagNames.expires]: until } : tags));
    const hostKey = machineHostKey(bake, this);
    const builder = this.declareBuilder(bake, args, hostKey);
    const baked = this.declareSteps(bake, args, hostKey, builder);
    const end = new command.local.Command(
      `${bake}-end`,
      { create: dateCommand, triggers: [builder.id], addPreviousOutputInEnv: false },
      { parent: this, dependsOn: baked },
    );
    const image = new AmiFromInstance(
      `${bake}-image`,
      {
        // A builder makes one image, so that its id makes the name unique.
        name: builder.id.apply((id) => `ami2box-${id.replace(/^i-/, "")}`),
        sourceInstanceId: builder.id,
        snapshotWithoutReboot: false,
        ...(kept && { deprecationTime: args.keepUntil }),
        tags: imageTags,
      },
      { parent: this, dependsOn: baked, retainOnDelete: kept },
    );
    // The provider tags the image only; a snapshot without tags is one no sweep would find.
    for (const [what, key] of Object.entries(tagNames)) {
      new Tag(
        `${bake}-snapshot-${what}`,
        {
          resourceId: image.rootSnapshotId,
          key,
          value: imageTags.apply((tags) => tags[key] ?? ""),
        },
        { parent: this, retainOnDelete: kept },
      );
    }
    this.amiId = image.id;
    this.snapshotId = image.rootSnapshotId;
    this.bakedAt = end.stdout.apply((text) => text.trim());
    this.registerOutputs({ amiId: this.amiId, snapshotId: this.snapshotId });
  }

  /**
   * A builder is used once. It is stopped, not terminated, when the bake is over: an instance that is gone
   * would be made, and baked, again by the next refresh.
   */
  private declareBuilder(bake: string, args: BakedAmiArgs, hostKey: PrivateKey): Instance {
    return new Instance(
      `${bake}-builder`,
      {
        ...machineInputs(args, {
          name: "builder",
          hostKey,
          userData: builderUserData,
          rootDisk: { ...(args.rootGiB !== undefined && { volumeSize: args.rootGiB }) },
        }),
        ami: args.baseImageId,
        instanceInitiatedShutdownBehavior: "stop",
      },
      {
        parent: this,
        // The recipe alone bakes anew, and by another name. A refresh finds the builder stopped, without address.
        ignoreChanges: [
          "ami",
          "associatePublicIpAddress",
          "instanceType",
          "keyName",
          "rootBlockDevice",
          "subnetId",
          "userData",
          "vpcSecurityGroupIds",
        ],
      },
    );
  }

  /** The scripts one after another; returns the last. Destroy runs nothing on a builder that goes away. */
  private declareSteps(
    bake: string,
    args: BakedAmiArgs,
    hostKey: PrivateKey,
    builder: Instance,
  ): pulumi.Resource[] {
    const connection = remoteConnection(machineConnection(builder, args, hostKey));
    const options: pulumi.CustomResourceOptions = {
      parent: this,
      deletedWith: builder,
      replaceWith: [builder],
      // A stopped builder has no address: a refresh must not run anything again.
      ignoreChanges: ["connection"],
    };
    const copies = ["provision", "bake"].map(
      (folder) =>
        new command.remote.CopyToRemote(
          `${bake}-${folder}`,
          {
            connection,
            source: new pulumi.asset.FileArchive(
              path.join(args.projectDirectory, "scripts", folder),
            ),
            // A folder is copied into the one named here.
            remotePath: directory,
            triggers: [builder.id],
          },
          { ...options, ...(args.waitFor !== undefined && { dependsOn: args.waitFor }) },
        ),
    );
    const steps = bakeSteps({ directory, mark: bakedMark, userSteps: args.userSteps });
    let last: pulumi.Resource[] = copies;
    for (const step of steps) {
      const brought = this.bringScript(bake, args, step, connection, builder, {
        ...options,
        dependsOn: last,
      });
      last = [
        new command.remote.Command(
          `${bake}-${step.name}`,
          {
            connection,
            create: pulumi
              .all([args.guestAdditions, args.publicKey])
              .apply(([guestAdditions, publicKey]) => step.command({ guestAdditions, publicKey })),
            triggers: [builder.id],
            logging: command.remote.Logging.Stderr,
            addPreviousOutputInEnv: false,
          },
          { ...options, dependsOn: brought ?? last },
        ),
      ];
    }
    return last;
  }

  private bringScript(
    bake: string,
    args: BakedAmiArgs,
    step: BakeStep,
    connection: ReturnType<typeof remoteConnection>,
    builder: Instance,
    options: pulumi.CustomResourceOptions,
  ): pulumi.Resource[] | undefined {
    if (step.brings === undefined) return undefined;
    return [
      new command.remote.CopyToRemote(
        `${bake}-${step.name}-file`,
        {
          connection,
          source: new pulumi.asset.FileAsset(path.resolve(args.projectDirectory, step.brings.from)),
          remotePath: step.brings.to,
          triggers: [builder.id],
        },
        options,
      ),
    ];
  }
}
