import { z } from "zod";

/** What a box is made from. */

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

/** Identifiers of EC2 (EC2 User Guide, "Resource IDs"): a word and 8 or 17 hexadecimal digits. */
function ec2Id(kind: string): z.ZodString {
  return z
    .string()
    .regex(
      new RegExp(`^${kind}-([0-9a-f]{8}|[0-9a-f]{17})$`),
      `it must be an id such as ${kind}-0123456789abcdef0`,
    );
}

const baseForms =
  "the base has one of ami, ssmParameter, or owner with name (and, if need be, architecture)";

const baseAmi = z
  .strictObject({
    /** The AMI's own id. */
    ami: ec2Id("ami").optional(),
    /** Account id, `amazon`, `aws-marketplace` or `self`: the newest of its AMIs with `name` is taken. */
    owner: z
      .string()
      .regex(
        /^([0-9]{12}|amazon|aws-marketplace|self)$/,
        "it must be an account's 12 digits in quotes, amazon, aws-marketplace or self",
      )
      .optional(),
    /** Name of the AMI, where `*` and `?` stand for any characters and any one. */
    name: z.string().min(1).optional(),
    /** Processor of the AMIs looked among. */
    architecture: z.enum(["amd64", "arm64"]).optional(),
    /** SSM parameter that holds the AMI's id. */
    ssmParameter: z
      .string()
      .regex(/^\/[A-Za-z0-9_./-]+$/, "it must be the path of an SSM parameter, beginning with /")
      .optional(),
  })
  .refine(
    ({ ami, owner, name, architecture, ssmParameter }) =>
      [ami, ssmParameter, owner ?? name ?? architecture].filter((form) => form !== undefined)
        .length === 1 && (owner === undefined) === (name === undefined),
    { path: ["ami"], error: baseForms },
  );

const bakeSource = z.strictObject({
  type: z.literal("bake"),
  /** The AMI to begin with. */
  base: baseAmi,
  /** Type of the builder; by default a t3.medium, or a t4g.medium for arm64. */
  instanceType: z.string().min(1).optional(),
  /** User that the base AMI lets log in; known by default for Debian, Ubuntu and Amazon Linux. */
  sshUser: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]*$/, "it must be the name of a user")
    .optional(),
  /** Size of the builder's root disk, GiB; by default the base AMI's. */
  rootGiB: z.int().min(1).max(16384).optional(),
  /** Whether to stop once the AMI is there, and make no box. */
  only: z.boolean().default(false),
  /** Days for which the AMI stays after `pulumi destroy`; left out, it goes with the rest. */
  keepDays: z.int().min(1).max(3650).optional(),
});

const amiSource = z.strictObject({
  type: z.literal("ami"),
  /** The AMI whose root disk the box is made from. */
  id: ec2Id("ami"),
});

const snapshotSource = z.strictObject({
  type: z.literal("snapshot"),
  /** EBS snapshot of a root disk. */
  id: ec2Id("snap"),
});

const debianByDefault = debianSource.parse({ type: "debian" });

/** Sources of target `local`. */
export const localSource = z
  .discriminatedUnion("type", [debianSource, imageSource])
  .default({ ...debianByDefault });

const sshImageSource = z
  .strictObject({
    ...imageSource.shape,
    /** Whether the file is on the worker already; it is copied there otherwise. */
    onWorker: z.boolean().default(false),
  })
  .refine(({ onWorker, path }) => !onWorker || path.startsWith("/"), {
    path: ["path"],
    error: "a file on the worker is given by its absolute path",
  });

/** Sources of target `ssh`. */
export const sshSource = z
  .discriminatedUnion("type", [debianSource, sshImageSource])
  .default({ ...debianByDefault });

/** Sources of target `aws`. */
export const awsSource = z.discriminatedUnion("type", [bakeSource, amiSource, snapshotSource]);

/** The kinds of source each target has. */
export const sourceTypes = {
  local: ["debian", "image"],
  ssh: ["debian", "image"],
  aws: ["bake", "ami", "snapshot"],
} as const;

export type DebianSourceSettings = z.infer<typeof debianSource>;
export type ImageSourceSettings = z.infer<typeof imageSource> & { readonly onWorker?: boolean };
export type BaseAmiSettings = z.infer<typeof baseAmi>;
export type BakeSourceSettings = z.infer<typeof bakeSource>;
export type LocalSourceSettings = z.infer<typeof localSource>;
export type SshSourceSettings = z.infer<typeof sshSource>;
export type AwsSourceSettings = z.infer<typeof awsSource>;
