import * as fs from "node:fs";
import * as path from "node:path";

import { InputError } from "../formats/problems";
import { fetchDebianRelease } from "./debianArchive";
import type { HostImage } from "./hostFacts";
import { detectImageFormat, type ImageFormat } from "./imageFormat";
import type { AccountFacts } from "./aws/account";
import { digestFiles, digestValue } from "./recipe";
import type {
  AwsSettings,
  DebianSourceSettings,
  ImageSourceSettings,
  SourceSettings,
} from "./schema";

/** A source as it is now: what the stages need to read it, and a mark that changes when it does. */
export type SourceIdentity = MachineSourceIdentity | AwsIdentity;

/** A source of a worker that is no instance of the stack's. */
export type MachineSourceIdentity = DebianIdentity | ImageIdentity;

export interface DebianIdentity {
  readonly type: "debian";
  readonly settings: DebianSourceSettings;
  readonly fingerprint: string;
  /** The time every file of the box is dated by, seconds since 1970. */
  readonly epoch: number;
}

export interface ImageIdentity {
  readonly type: "image";
  readonly settings: ImageSourceSettings;
  readonly fingerprint: string;
  /** Absolute path of the image file: on the worker if the settings say so, else here. */
  readonly path: string;
  readonly format: ImageFormat;
}

/** An AMI that is to be baked, one that is there, or a snapshot. */
export interface AwsIdentity {
  readonly type: AwsSettings["source"]["type"];
  readonly settings: AwsSettings["source"];
  /** Of a bake, what decides the AMI: another fingerprint is another bake. */
  readonly fingerprint: string;
  readonly facts: AccountFacts;
}

/** Folders of the project that decide what a bake makes of its base. */
const bakeFiles = ["scripts/provision", "scripts/bake"];

/**
 * Looks at the source without changing it.
 *
 * @param projectDirectory what a relative path in the settings counts from
 * @param hostImage what the worker tells of an image that is on it
 * @throws InputError when the source is not there or not of a kind that can be read
 */
export async function identifySource(
  settings: DebianSourceSettings | ImageSourceSettings,
  projectDirectory: string,
  hostImage?: HostImage,
): Promise<MachineSourceIdentity> {
  switch (settings.type) {
    case "debian": {
      const release = await fetchDebianRelease(settings);
      return {
        type: "debian",
        settings,
        fingerprint: release.fingerprint,
        epoch: release.date,
      };
    }
    case "image":
      if (!isOnWorker(settings)) return identifyImage(settings, projectDirectory);
      if (hostImage === undefined) {
        // Why it could not be looked at is told where that failed.
        throw new InputError("settings", []);
      }
      return { type: "image", settings, ...hostImage, path: settings.path };
  }
}

/** A source in EC2, from what was found in the account. */
export function identifyAwsSource(
  settings: AwsSettings["source"],
  provisioning: AwsSettings["provisioning"],
  facts: AccountFacts,
  projectDirectory: string,
): AwsIdentity {
  const { source } = facts;
  const { scripts, guestAdditions } = provisioning;
  const fingerprint =
    source.type === "bake"
      ? digestValue({
          base: source.base.id,
          rootGiB: settings.type === "bake" ? settings.rootGiB : undefined,
          scripts,
          guestAdditions,
          files: digestFiles(projectDirectory, [
            ...bakeFiles,
            ...scripts.filter((step) => typeof step === "string"),
          ]),
        })
      : source.snapshotId;
  return { type: settings.type, settings, fingerprint, facts };
}

/** Whether a source is an image file that is on the worker already, and not here. */
export function isOnWorker(settings: SourceSettings): boolean {
  return settings.type === "image" && "onWorker" in settings && settings.onWorker;
}

/** The box's name where the settings give none; it may be none that Vagrant takes. */
export function defaultBoxName(settings: SourceSettings): string | undefined {
  switch (settings.type) {
    case "debian":
      return `debian-${settings.suite}`;
    case "image":
      return path
        .basename(settings.path)
        .replace(/\.[^.]*$/, "")
        .replace(/[^A-Za-z0-9_.-]+/g, "-");
    default:
      return undefined;
  }
}

function identifyImage(settings: ImageSourceSettings, projectDirectory: string): ImageIdentity {
  const file = path.resolve(projectDirectory, settings.path);
  const refuse = (reason: string): never => {
    throw new InputError("settings", [`source.path: ${file} ${reason}`]);
  };
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return refuse("does not exist; give a disk image file");
  if (stat.isDirectory()) return refuse("is a directory; give a disk image file");
  if (!stat.isFile()) return refuse("is no regular file; give a disk image file");
  if (stat.size === 0) return refuse("is empty; give a disk image file");
  const found = detectImageFormat(file, settings.format);
  if ("problem" in found) return refuse(found.problem);
  return {
    type: "image",
    settings,
    // Size and time stand for the content: reading a whole disk at every `pulumi up` that changes
    // nothing would cost more than the rest of it.
    fingerprint: `${stat.size} ${stat.mtime.toISOString()}`,
    path: file,
    format: found.format,
  };
}
