import { rm } from "node:fs/promises";
import { openRawFile } from "../blockSource";
import { InputError } from "../problems";
import type { BoxSettings } from "./settings";
import { libvirtContents } from "./libvirt";
import { boxInfo } from "./texts";
import { verifyBox } from "./verify";
import { virtualBoxContents } from "./virtualBox";
import { writeBox, type DiskPlace } from "./writer";

/** What to make a box from. */
export interface BoxBuild {
  /** Path of the raw disk, a file or block device; only read. */
  readonly disk: string;
  /** Path of the box to make; must not exist. */
  readonly out: string;
  readonly settings: BoxSettings;
  /** Called with the bytes of disk data read and to read. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  /** Takes one line saying how the disk is compressed. */
  readonly log?: (line: string) => void;
}

/** A box that was made. */
export interface BuiltBox {
  /** Bytes of disk data read; holes are not. */
  readonly inputBytes: number;
  /** Bytes of the box. */
  readonly outputBytes: number;
  /** SHA-256 of the box, lower-case hexadecimal. */
  readonly sha256: string;
  /** Bytes of the disk the guest sees. */
  readonly capacity: number;
  /** Where the disk image lies in the box. */
  readonly disk: DiskPlace;
  /** Library and level the disk was compressed with. */
  readonly compressor: string;
}

/** Reads a finished box back, without its grains: a few milliseconds against handing on a bad one. */
async function checkStructure(path: string): Promise<void> {
  const { problems } = await verifyBox(path, { everyGrain: false });
  if (problems.length === 0) return;
  await rm(path, { force: true });
  throw new InputError("the box just made is not sound", problems);
}

/**
 * Makes a Vagrant box from a raw disk. The same disk and settings give the same bytes
 * wherever and whenever, as long as the same compressor is at hand.
 *
 * @throws Error if the disk cannot be read or is no whole number of sectors, `out` exists or cannot be
 *   written; no `out` is left then
 */
export async function buildBox(build: BoxBuild): Promise<BuiltBox> {
  const { settings, onProgress, log } = build;
  const source = openRawFile(build.disk);
  let inputBytes = 0;
  try {
    const { capacity } = source;
    const contentsOf = settings.provider === "libvirt" ? libvirtContents : virtualBoxContents;
    const written = await writeBox(build.out, {
      ...contentsOf(settings, source, {
        ...(log && { log }),
        onProgress: (done, total) => {
          inputBytes = total;
          onProgress?.(done, total);
        },
      }),
      info: boxInfo(settings.info),
      epoch: settings.epoch,
    });
    await checkStructure(build.out);
    const { bytes: outputBytes, sha256, disk, compressor } = written;
    return { inputBytes, outputBytes, sha256, capacity, disk, compressor };
  } finally {
    source.close();
  }
}
