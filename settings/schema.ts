import { z } from "zod";

import { osTypes, type OsType } from "../formats/ovf";

/**
 * The settings of a stack, as they stand under `ami2box:` in `Pulumi.<stack>.yaml`. Objects are
 * strict: a key that is not named here is refused, so that a misspelt setting never passes for a
 * default.
 */

const positiveInteger = z.int().min(1);

const archiveUrl = z.url({
  protocol: /^https?$/,
  error: "it must be the http or https URL of a Debian archive",
});

const debianSource = z.strictObject({
  type: z.literal("debian"),
  /** Debian suite by code name. */
  suite: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, "it must be a Debian code name such as bookworm or trixie")
    .default("bookworm"),
  /** Archive the packages come from; https needs ca-certificates on the worker. */
  mirror: archiveUrl.default("http://deb.debian.org/debian"),
  /** Archive of the suite's security updates. */
  securityMirror: archiveUrl.default("http://deb.debian.org/debian-security"),
  /** Debian packages installed besides the base of the box. */
  packages: z
    .array(
      z
        .string()
        .regex(
          /^[a-z0-9][a-z0-9+.-]+$/,
          "it must be the name of a Debian package in small letters",
        ),
    )
    .default([]),
});

const imageSource = z.strictObject({
  type: z.literal("image"),
  /** The disk image file; a relative path counts from the project folder. */
  path: z.string().min(1),
  /** The file's format; found from its content when not given. */
  format: z.enum(["raw", "qcow2", "vmdk", "vhd"]).optional(),
});

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
});

const publish = z.strictObject({
  /** Folder of the catalogs; a relative path counts from the project folder. */
  directory: z.string().min(1).default("out"),
});

const worker = z.strictObject({
  /** Folder for the disk and what leads to it; a relative path counts from the project folder. */
  workDirectory: z.string().min(1).default(".ami2box/work"),
  /** Compression threads; by default one for each processor. */
  threads: positiveInteger.max(256).optional(),
});

export const settingsSchema = z.strictObject({
  target: z.enum(["local"]).default("local"),
  source: z
    .discriminatedUnion("type", [debianSource, imageSource])
    .default({ ...debianSource.parse({ type: "debian" }) }),
  provisioning: provisioning.prefault({}),
  box: box.prefault({}),
  publish: publish.prefault({}),
  worker: worker.prefault({}),
});

export type Settings = z.infer<typeof settingsSchema>;
export type SourceSettings = Settings["source"];
export type DebianSourceSettings = z.infer<typeof debianSource>;
export type ImageSourceSettings = z.infer<typeof imageSource>;
export type HardwareSettings = z.infer<typeof hardware>;
