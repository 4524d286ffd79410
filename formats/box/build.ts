import { rm } from "node:fs/promises";
import { openRawFile } from "../blockSource";
import { ovfDescriptor } from "../ovf/descriptor";
import { InputError } from "../problems";
import { diskIdentity, writeStreamOptimized } from "../vmdk";
import type { BoxSettings } from "./settings";
import { boxInfo, boxMetadata, boxVagrantfile } from "./texts";
import { verifyBox } from "./verify";
import { DISK_NAME, writeBox } from "./writer";

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
  /** Where the disk image lies in the box, in bytes. */
  readonly disk: { readonly offset: number; readonly size: number };
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
 * Makes a Vagrant box for VirtualBox from a raw disk. The same disk and settings give the same bytes
 * wherever and whenever, as long as the same compressor is at hand.
 *
 * @throws Error if the disk cannot be read or is no whole number of sectors, `out` exists or cannot be
 *   written; no `out` is left then
 */
export async function buildBox(build: BoxBuild): Promise<BuiltBox> {
  const { settings, onProgress, log } = build;
  const { seed, hardware, compression, threads } = settings;
  const source = openRawFile(build.disk);
  let inputBytes = 0;
  let compressor = "";
  try {
    const { capacity } = source;
    const { uuid } = diskIdentity(seed);
    const written = await writeBox(build.out, {
      metadata: boxMetadata(),
      info: boxInfo(settings.info),
      vagrantfile: boxVagrantfile(hardware.mac, settings.vagrantfileLines),
      descriptor: (fileSize) =>
        ovfDescriptor(hardware, { fileName: DISK_NAME, fileSize, capacity, uuid }),
      writeDisk: async (write) => {
        const disk = await writeStreamOptimized(
          {
            source,
            seed,
            compression,
            ...(threads === undefined ? {} : { threads }),
            ...(log === undefined ? {} : { log }),
            onProgress: (done, total) => {
              inputBytes = total;
              onProgress?.(done, total);
            },
          },
          write,
        );
        compressor = disk.compressor;
      },
      epoch: settings.epoch,
    });
    await checkStructure(build.out);
    const { bytes: outputBytes, sha256, disk } = written;
    return { inputBytes, outputBytes, sha256, capacity, disk, compressor };
  } finally {
    source.close();
  }
}
