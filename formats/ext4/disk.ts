import { createHash } from "node:crypto";
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, rmSync } from "node:fs";
import { BOOT_CODE_ROOM, encodeMbr, ESP, LINUX, SECTOR } from "../mbr";
import { throwIfAny } from "../problems";
import { BLOCK_SIZE } from "./constants";
import type { Progress } from "./copy";
import { openEspImage, type EspImage } from "./espImage";
import { takeInventory } from "./inventory";
import type { InodeItem } from "./inventory";
import type { Identity } from "./metadata";
import { contentBytes, planFileSystem, requiredBytes } from "./plan";
import type { Plan } from "./plan";
import { scanTree } from "./scan";
import { writeAt, writeFileSystem } from "./write";

/** A disk to be made from a directory tree. */
export interface DiskSettings {
  /** Directory that becomes the root. */
  readonly tree: string;
  /** Image file; replaced if it exists, removed again after a failure. */
  readonly out: string;
  /** Bytes of the disk, a multiple of 512, at most 2 TiB. */
  readonly sizeBytes: number;
  /** UUID of the file system; the hash seed and disk signature derive from it. */
  readonly fsUuid: string;
  /** Label of the file system, at most 16 bytes. Default: none. */
  readonly label?: string | undefined;
  /** Seconds since 1970; later times in the tree become this one. */
  readonly epoch: number;
  /** GRUB's `boot.img`, of which the first 440 bytes are used. Default: no boot code. */
  readonly bootImg?: string | undefined;
  /** GRUB's core image, put at sector 1. Default: none. */
  readonly coreImg?: string | undefined;
  /** Image of a FAT file system that becomes the EFI system partition. Default: no such partition. */
  readonly espImg?: string | undefined;
}

/** A disk that has been made. */
export interface WrittenDisk {
  /** Bytes of the files' blocks in it. */
  readonly contentBytes: number;
  /** Bytes that the image takes where it lies. */
  readonly allocatedBytes: number;
  readonly fsUuid: string;
  /** Where the root partition starts, bytes. */
  readonly rootOffset: number;
  /** Inodes in use. */
  readonly inodes: number;
  /** Equal exactly for equal disks, cheaper than a hash of every byte. */
  readonly sha256: string;
}

/** Where the first partition starts: what partitioning tools agree on, and room for the boot loader. */
export const PARTITION_START = 1 << 20;
const LARGEST_DISK = 2 ** 41;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function derived(purpose: string, uuid: Buffer, length: number): Buffer {
  return createHash("sha256").update(purpose).update(uuid).digest().subarray(0, length);
}

function checkSettings({ sizeBytes, fsUuid, label = "", epoch }: DiskSettings): string[] {
  const problems: string[] = [];
  if (!Number.isInteger(sizeBytes / SECTOR) || sizeBytes > LARGEST_DISK || sizeBytes < 1) {
    problems.push(`sizeBytes is ${sizeBytes}; allowed are multiples of 512 up to ${LARGEST_DISK}`);
  }
  if (!UUID.test(fsUuid)) problems.push(`fsUuid is "${fsUuid}"; a UUID is needed`);
  if (Buffer.byteLength(label) > 16) {
    problems.push(`label "${label}" has ${Buffer.byteLength(label)} bytes; at most 16 are allowed`);
  }
  if (!Number.isInteger(epoch) || epoch < 0 || epoch >= 2 ** 32) {
    problems.push(`epoch is ${epoch}; allowed are whole seconds from 0 to ${2 ** 32 - 1}`);
  }
  return problems;
}

function readIfGiven(path: string | undefined, most: number, problems: string[]): Buffer {
  if (path === undefined) return Buffer.alloc(0);
  try {
    const bytes = readFileSync(path);
    if (bytes.length > most) {
      problems.push(`${path} has ${bytes.length} bytes; there is room for ${most}`);
    }
    return bytes;
  } catch (error) {
    problems.push(`${path} cannot be read: ${(error as Error).message}`);
    return Buffer.alloc(0);
  }
}

const mib = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;

function planOrFail(items: readonly InodeItem[], sizeBytes: number, rootOffset: number): Plan {
  const plan = planFileSystem(items, Math.floor((sizeBytes - rootOffset) / BLOCK_SIZE));
  if (plan) return plan;
  const smallest = requiredBytes(items) + rootOffset;
  const content = contentBytes(items);
  throw new Error(
    `a disk of ${mib(sizeBytes)} is too small: the tree's ${items.length} files use ${mib(content)}, ` +
      `with the file system's own structures ${mib(smallest)} are needed, so the smallest size that does is ${smallest} bytes`,
  );
}

/**
 * The first MiB: partition table and boot loader. The root is the table's first partition and the disk's
 * last, so that GRUB finds it where it always was and it can grow; the EFI system partition lies before it,
 * as in the images of Debian and Ubuntu for clouds.
 */
function diskStart(
  { sizeBytes }: DiskSettings,
  { uuid, boot, core, esp }: { uuid: Buffer; boot: Buffer; core: Buffer; esp: EspImage },
): Buffer {
  const rootOffset = PARTITION_START + esp.size;
  const root = {
    type: LINUX,
    bootable: true,
    firstSector: rootOffset / SECTOR,
    sectorCount: (sizeBytes - rootOffset) / SECTOR,
  };
  const efi = {
    type: ESP,
    bootable: false,
    firstSector: PARTITION_START / SECTOR,
    sectorCount: esp.size / SECTOR,
  };
  const partitions = esp.size > 0 ? [root, efi] : [root];
  const signature = derived("disk signature", uuid, 4).readUInt32LE();
  const table = encodeMbr({ signature, partitions }, boot.subarray(0, BOOT_CODE_ROOM));
  return Buffer.concat([table, core]);
}

/**
 * Makes a disk image from a directory tree without mounting anything: msdos partition table, boot loader,
 * one ext4 file system and, if given, an EFI system partition. The same tree and settings give the same bytes. Everything is checked before the file is touched.
 */
export async function writeDisk(
  settings: DiskSettings,
  progress: Progress = () => undefined,
): Promise<WrittenDisk> {
  const { tree, out, sizeBytes, epoch } = settings;
  const problems = checkSettings(settings);
  const boot = readIfGiven(settings.bootImg, SECTOR, problems);
  const core = readIfGiven(settings.coreImg, PARTITION_START - SECTOR, problems);
  const esp = openEspImage(settings.espImg, problems);
  throwIfAny("the disk cannot be made", problems);
  const uuid = Buffer.from(settings.fsUuid.replaceAll("-", ""), "hex");
  const identity: Identity = {
    uuid,
    hashSeed: derived("directory hash seed", uuid, 16),
    label: Buffer.from(settings.label ?? ""),
    epoch,
  };
  const items = takeInventory(await scanTree(tree), identity.hashSeed);
  const rootOffset = PARTITION_START + esp.size;
  const plan = planOrFail(items, sizeBytes, rootOffset);
  const start = diskStart(settings, { uuid, boot, core, esp });
  const fd = openSync(out, "w+");
  try {
    ftruncateSync(fd, sizeBytes);
    writeAt(fd, start, 0);
    for (const { offset, bytes } of esp.pieces()) writeAt(fd, bytes, PARTITION_START + offset);
    const content = { plan, items, identity };
    const fileSystem = await writeFileSystem(fd, rootOffset, content, progress);
    const sha256 = createHash("sha256").update(start).update(`${sizeBytes} ${fileSystem}`);
    sha256.update(esp.sha256());
    return {
      contentBytes: contentBytes(items),
      allocatedBytes: fstatSync(fd).blocks * 512,
      fsUuid: settings.fsUuid,
      rootOffset,
      inodes: items.length,
      sha256: sha256.digest("hex"),
    };
  } catch (error) {
    rmSync(out, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}
