import { z } from "zod";

import { sshCidrProblem } from "../cidr";

/** The machine that the stages run on, for each target. */

/** Compression threads; by default one for each processor. */
const threads = z.int().min(1).max(256).optional();

/** Folder on another machine; the part of this box is made below it. */
const remoteWorkDirectory = z
  .string()
  .regex(/^\/[^\0\r\n]+$/, "it must be an absolute path on the worker")
  .default("/var/tmp/ami2box");

const userName = z.string().regex(/^[a-z_][a-z0-9_-]*$/, "it must be the name of a user");

/** Settings of target `local`. */
export const localWorker = z.strictObject({
  /** Folder for the disk and what leads to it; a relative path counts from the project folder. */
  workDirectory: z.string().min(1).default(".ami2box/work"),
  threads,
});

/** Settings of target `ssh`: any Linux machine that can be logged in to. */
export const sshWorker = z.strictObject({
  workDirectory: remoteWorkDirectory,
  threads,
  /** Name or address. */
  host: z.string().min(1),
  port: z.int().min(1).max(65535).default(22),
  /** Who logs in: root, or a user that sudo asks no password. */
  user: userName.default("root"),
  /** Public host key, as `ssh-keyscan` prints it without the host: what the machine must prove. */
  hostKey: z
    .string()
    .regex(
      /^(ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/]+=*( .*)?$/,
      'it must be a public key such as "ssh-ed25519 AAAA...", as ssh-keyscan prints it after the host',
    ),
  /** File of the private key that logs in, without a passphrase; a relative path counts from the project folder. */
  privateKeyFile: z.string().min(1),
});

/** Settings of target `aws`: an instance that the stack makes and removes. */
export const awsWorker = z.strictObject({
  workDirectory: remoteWorkDirectory,
  threads,
  /** By default a c6i.xlarge, or a c7g.xlarge for arm64. */
  instanceType: z.string().min(1).optional(),
  /** Stock image it starts from: a distribution's newest, or an AMI's id. */
  image: z
    .string()
    .regex(
      /^(ubuntu|debian|amazon-linux|ami-([0-9a-f]{8}|[0-9a-f]{17}))$/,
      "it must be ubuntu, debian, amazon-linux or an AMI's id",
    )
    .default("debian"),
  /** User that an image given by its id lets log in; known by default for the three distributions. */
  user: userName.optional(),
  /** Size of its root disk, GiB, for the system, the raw disk and the boxes. */
  rootGiB: z.int().min(12).max(16384).default(40),
  /** Hours after which it ends itself, whoever forgot it. */
  lifetimeHours: z.number().min(0.5).max(48).default(4),
  /** Whether it is a spot instance: cheaper, and gone when AWS wants it back. */
  spot: z.boolean().default(false),
  /** Who may reach it over SSH; by default the caller's own address alone. */
  sshCidr: z
    .string()
    .superRefine((cidr, context) => {
      const problem = sshCidrProblem(cidr);
      if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
    })
    .optional(),
  /** A subnet whose machines have public addresses; by default one of the default VPC. */
  subnetId: z
    .string()
    .regex(
      /^subnet-([0-9a-f]{8}|[0-9a-f]{17})$/,
      "it must be an id such as subnet-0123456789abcdef0",
    )
    .optional(),
  /** MiB/s at which AWS fetches the source's blocks, for a price; left out, on first reading. */
  volumeInitializationRate: z.int().min(100).max(300).optional(),
});

export type LocalWorkerSettings = z.infer<typeof localWorker>;
export type SshWorkerSettings = z.infer<typeof sshWorker>;
export type AwsWorkerSettings = z.infer<typeof awsWorker>;
