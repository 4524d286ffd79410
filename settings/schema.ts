import { z } from "zod";

import { boxArchitectures, boxProviders } from "../formats/box/texts";
import { osTypes, type OsType } from "../formats/ovf";
import {
  bucketPublish,
  folderPublish,
  workerFolderPublish,
  type BucketPublishSettings,
  type PublishSettings,
} from "./schema/publish";
import { costSettings, type CostSettings } from "./schema/cost";
import {
  awsSource,
  localSource,
  sshSource,
  type AwsSourceSettings,
  type LocalSourceSettings,
  type SshSourceSettings,
} from "./schema/source";
import {
  awsWorker,
  localWorker,
  sshWorker,
  type AwsWorkerSettings,
  type LocalWorkerSettings,
  type SshWorkerSettings,
} from "./schema/worker";

/**
 * The settings of a stack, as they stand under `ami2box:` in `Pulumi.<stack>.yaml`. Objects are
 * strict: a key that is not named here is refused, so that a misspelt setting never passes for a
 * default.
 */

const positiveInteger = z.int().min(1);

const hardwareSettings = z.strictObject({
  /** Virtual processors. */
  cpus: positiveInteger.max(64).default(2),
  /** Memory, MiB. */
  memoryMiB: z.int().min(256).max(1048576).default(2048),
  /** Video memory, MiB; VirtualBox wants at least 9 for its graphics adapter. */
  vramMiB: z.int().min(9).max(256).default(16),
  /** VirtualBox's name of the guest's operating system, by default `Debian_64`. */
  osType: z.enum(Object.keys(osTypes) as [OsType, ...OsType[]]).optional(),
  /** I/O APIC; more than one processor needs it. */
  ioApic: z.boolean().default(true),
  /** Real-time clock in UTC. */
  rtcUtc: z.boolean().default(true),
  /** Physical address extension shown to 32-bit guests. */
  pae: z.boolean().default(false),
});

const hardware = hardwareSettings.refine(({ ioApic, cpus }) => ioApic || cpus <= 1, {
  path: ["ioApic"],
  error: "more than one processor needs it: set it to true, or cpus to 1",
});

/** A list with at least one entry and none twice. */
function distinct<T extends string>(entry: z.ZodType<T>) {
  return z
    .array(entry)
    .refine((list) => list.length > 0, "it must have at least one entry")
    .refine((list) => new Set(list).size === list.length, "it must have no entry twice");
}

const boxSettings = z.strictObject({
  /** Vagrant's name of the box, `name` or `organisation/name`; taken from the source by default. */
  name: z.string().optional(),
  /** Version in Vagrant's (RubyGems') form; by default the day in UTC and a counter, `20261124.0.0`. */
  version: z.string().optional(),
  /** One line for the catalog. */
  description: z.string().default(""),
  /** Size of the virtual disk, GiB; costs nothing until it is used. */
  diskGiB: z.int().min(1).max(2040).default(40),
  hardware: hardware.prefault({}),
  /** Processors that there is a box for, one or a list of them. */
  architecture: z
    .preprocess(
      (given) => (typeof given === "string" ? [given] : given),
      distinct(z.enum(boxArchitectures)),
    )
    .default(["amd64"]),
  /** Who runs the boxes; each gets one of its own. */
  providers: distinct(z.enum(boxProviders)).default(["virtualbox"]),
  /** What starts the box: the BIOS, EFI, or (made for the BIOS) either. */
  firmware: z.enum(["bios", "efi", "both"]).default("bios"),
  /** Who gets in: everybody, as Vagrant expects it of a box for all, or who has one of the keys below. */
  access: z.enum(["public", "private"]).default("public"),
  /** File of public keys for a private box; a relative path counts from the project folder. */
  authorizedKeys: z.string().min(1).optional(),
  /** Lines put into the box's own Vagrantfile, inside the `Vagrant.configure` block. */
  vagrantfile: z
    .array(
      z.string().regex(/^[^\0\r\n]*$/, "it must be a single line: make it several of the list"),
    )
    .default([]),
  /** How hard the disk is compressed. */
  compression: z.enum(["fast", "default", "best"]).default("default"),
  /** Whether the box must boot and be logged into before it is published. */
  bootProof: z.boolean().default(true),
  /** Seconds a guest may take until it answers over SSH. */
  bootTimeoutSeconds: z.int().min(10).max(3600).default(300),
});

const box = boxSettings
  .refine(({ access, authorizedKeys }) => access === "public" || authorizedKeys !== undefined, {
    path: ["authorizedKeys"],
    error: "a private box needs the path of a file with its owner's public keys",
  })
  .refine(({ access, authorizedKeys }) => access === "private" || authorizedKeys === undefined, {
    path: ["authorizedKeys"],
    error: "a public box has Vagrant's own keys: leave it out, or set box.access to private",
  });

const provisioning = z.strictObject({
  /** Your own scripts, run as root inside the image, in this order. */
  scripts: z.array(z.string().min(1)).default([]),
  /** Shared folders: the kernel's own modules, VirtualBox's compiled ones, rsync, or the first that goes. */
  guestAdditions: z.enum(["auto", "in-tree", "oracle", "none"]).default("auto"),
  /** Names of the fixes of `scripts/fixes` that are left out, such as `cloud-users`; see docs/inputs.md. */
  skipFixes: z.array(z.string()).default([]),
});

/** A script, or a reboot of the builder between two of them. */
export type ProvisioningStep = string | { readonly reboot: true };

const provisioningSteps = provisioning.extend({
  /** Your own scripts, run as root on the builder, in this order, with `{reboot: true}` between any two. */
  scripts: z
    .array(
      z.union([z.string().min(1), z.strictObject({ reboot: z.literal(true) })], {
        error: "it must be the path of a script, or {reboot: true}",
      }),
    )
    .default([]),
});

/** Where the worker is: this machine, one reached over SSH, or an instance in EC2. */
export const targets = ["local", "ssh", "aws"] as const;

export type Target = (typeof targets)[number];

type BoxSettings = z.infer<typeof box>;
type ProvisioningSettings = Omit<z.infer<typeof provisioning>, "scripts"> & {
  readonly scripts: readonly ProvisioningStep[];
};

interface SettingsOf<T extends Target, Source, Publish, Worker> {
  readonly target: T;
  readonly source: Source;
  readonly provisioning: ProvisioningSettings;
  readonly box: BoxSettings;
  readonly publish: Publish;
  readonly worker: Worker;
  /** Missing where nothing is made or published in a cloud. */
  readonly cost?: CostSettings | undefined;
}

export type LocalSettings = SettingsOf<
  "local",
  LocalSourceSettings,
  PublishSettings,
  LocalWorkerSettings
>;
export type SshSettings = SettingsOf<"ssh", SshSourceSettings, PublishSettings, SshWorkerSettings>;
/** Nothing need be published where the AMI is all that is made. */
export type AwsSettings = SettingsOf<
  "aws",
  AwsSourceSettings,
  BucketPublishSettings | undefined,
  AwsWorkerSettings
> & { readonly cost: CostSettings };
export type Settings = LocalSettings | SshSettings | AwsSettings;
export type SourceSettings = Settings["source"];
export type {
  AwsSourceSettings,
  BakeSourceSettings,
  BaseAmiSettings,
  DebianSourceSettings,
  ImageSourceSettings,
} from "./schema/source";
export type { BucketPublishSettings } from "./schema/publish";
export type { AwsWorkerSettings, LocalWorkerSettings, SshWorkerSettings } from "./schema/worker";
export type HardwareSettings = z.infer<typeof hardware>;

/** What decides which settings there are. */
export interface SettingsKind {
  readonly target: Target;
  /** Whether boxes are published in a bucket; with target `aws` they always are. */
  readonly bucket: boolean;
  /** Whether an AMI is baked, and whether it is all that is made. */
  readonly bake: boolean;
  readonly only: boolean;
}

const common = { target: z.enum(targets).default("local"), box: box.prefault({}) };

/** The groups that another kind of stack has otherwise. */
export type SettingsGroups = Pick<Settings, "source" | "provisioning" | "publish" | "worker">;

/** How the settings of a kind of stack must look, as a whole and by the group. */
export interface SettingsSchema {
  readonly whole: z.ZodType<Settings>;
  readonly groups: { readonly [Name in keyof SettingsGroups]: z.ZodType<SettingsGroups[Name]> };
}

/** The settings of a kind of stack. */
export function settingsSchemaOf({ target, bucket, bake, only }: SettingsKind): SettingsSchema {
  const folder = {
    local: folderPublish.prefault({}),
    ssh: workerFolderPublish,
    aws: bucketPublish,
  };
  const publish = bucket ? bucketPublish : folder[target];
  const worker = { local: localWorker.prefault({}), ssh: sshWorker, aws: awsWorker.prefault({}) };
  const groups = {
    source: { local: localSource, ssh: sshSource, aws: awsSource }[target],
    provisioning: (bake ? provisioningSteps : provisioning).prefault({}),
    publish: only ? publish.optional() : publish,
    worker: worker[target],
  };
  const cost = bucket && { cost: costSettings.prefault({}) };
  const whole = z.strictObject({
    ...common,
    ...groups,
    ...cost,
  }) as z.ZodType as z.ZodType<Settings>;
  return { whole, groups };
}
