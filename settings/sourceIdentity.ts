import * as fs from "node:fs";
import * as path from "node:path";

import { InputError } from "../formats/problems";
import { fetchDebianRelease } from "./debianArchive";
import { detectImageFormat, type ImageFormat } from "./imageFormat";
import type { DebianSourceSettings, ImageSourceSettings, SourceSettings } from "./schema";

/** A source as it is now: what the stages need to read it, and a mark that changes when it does. */
export type SourceIdentity = DebianIdentity | ImageIdentity;

export interface DebianIdentity {
  readonly type: "debian";
  readonly settings: DebianSourceSettings;
  readonly fingerprint: string;
  /** The time every file of the box is dated by, seconds since 1970. */
  readonly epoch: number;
  readonly defaultBoxName: string;
}

export interface ImageIdentity {
  readonly type: "image";
  readonly settings: ImageSourceSettings;
  readonly fingerprint: string;
  /** Absolute path of the image file. */
  readonly path: string;
  readonly format: ImageFormat;
  readonly defaultBoxName: string;
}

/**
 * Looks at the source without changing it.
 *
 * @param projectDirectory what a relative path in the settings counts from
 * @throws InputError when the source is not there or not of a kind that can be read
 */
export async function identifySource(
  settings: SourceSettings,
  projectDirectory: string,
): Promise<SourceIdentity> {
  switch (settings.type) {
    case "debian": {
      const release = await fetchDebianRelease(settings);
      return {
        type: "debian",
        settings,
        fingerprint: release.fingerprint,
        epoch: release.date,
        defaultBoxName: `debian-${settings.suite}`,
      };
    }
    case "image":
      return identifyImage(settings, projectDirectory);
    default:
      throw new InputError("settings", [
        `source.type: ${settings.type} cannot be read by this version; allowed: debian, image`,
      ]);
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
    defaultBoxName: path
      .basename(file)
      .replace(/\.[^.]*$/, "")
      .replace(/[^A-Za-z0-9_.-]+/g, "-"),
  };
}
