import { shown, throwIfAny } from "../problems";

/** One primary partition. Sectors have 512 bytes. */
export interface MbrPartition {
  /** Partition type, for example 0x83 for Linux. */
  readonly type: number;
  /** Whether boot code without a mind of its own starts from here. */
  readonly bootable: boolean;
  readonly firstSector: number;
  readonly sectorCount: number;
}

/** A msdos partition table. */
export interface Mbr {
  /** 32 bits that tell disks apart. */
  readonly signature: number;
  /** Up to four, in the order of the table; empty slots left out. */
  readonly partitions: readonly MbrPartition[];
}

/** Bytes of a sector, and of the table. */
export const SECTOR = 512;
/** Bytes before the disk signature, which is room for boot code. */
export const BOOT_CODE_ROOM = 440;
/** Partition type of a Linux file system. */
export const LINUX = 0x83;
/** Partition type of an EFI system partition (UEFI specification 2.10, section 5.2.2). */
export const ESP = 0xef;

const SIGNATURE_AT = 440;
const TABLE_AT = 446;
const ENTRY = 16;
const MAGIC = 0xaa55;
const HEADS = 255;
const SECTORS_PER_TRACK = 63;

/** Cylinder, head and sector as three bytes; the greatest possible where the number does not fit. */
function writeChs(target: Buffer, at: number, sector: number): void {
  const cylinder = Math.floor(sector / (HEADS * SECTORS_PER_TRACK));
  if (cylinder > 1023) {
    target.set([0xfe, 0xff, 0xff], at);
    return;
  }
  const head = Math.floor(sector / SECTORS_PER_TRACK) % HEADS;
  const inTrack = (sector % SECTORS_PER_TRACK) + 1;
  target.set([head, inTrack | ((cylinder >> 8) << 6), cylinder & 0xff], at);
}

/**
 * The first sector of a disk. `bootCode` is cut at 440 bytes (GRUB's `boot.img` has 512, the rest of
 * which is this table's). Layout: Microsoft's "Master Boot Record" as in the UEFI specification 2.10, section 5.2.1.
 */
export function encodeMbr(mbr: Mbr, bootCode: Buffer = Buffer.alloc(0)): Buffer {
  const problems: string[] = [];
  if (mbr.partitions.length > 4) {
    problems.push(`${mbr.partitions.length} partitions given; at most 4 are allowed`);
  }
  for (const { firstSector, sectorCount } of mbr.partitions) {
    if (firstSector + sectorCount > 2 ** 32) {
      problems.push(
        `a partition ends at sector ${shown(firstSector + sectorCount)}; a msdos partition ends before 2 TiB`,
      );
    }
  }
  throwIfAny("the partition table cannot be written", problems);
  const sector = Buffer.alloc(SECTOR);
  bootCode.copy(sector, 0, 0, BOOT_CODE_ROOM);
  sector.writeUInt32LE(mbr.signature, SIGNATURE_AT);
  mbr.partitions.forEach(({ type, bootable, firstSector, sectorCount }, i) => {
    const at = TABLE_AT + i * ENTRY;
    sector.writeUInt8(bootable ? 0x80 : 0, at);
    writeChs(sector, at + 1, firstSector);
    sector.writeUInt8(type, at + 4);
    writeChs(sector, at + 5, firstSector + sectorCount - 1);
    sector.writeUInt32LE(firstSector, at + 8);
    sector.writeUInt32LE(sectorCount, at + 12);
  });
  sector.writeUInt16LE(MAGIC, SECTOR - 2);
  return sector;
}

/** Reads a first sector; null without the boot signature 55 AA. */
export function decodeMbr(sector: Buffer): Mbr | null {
  if (sector.length < SECTOR || sector.readUInt16LE(SECTOR - 2) !== MAGIC) return null;
  const partitions: MbrPartition[] = [];
  for (let at = TABLE_AT; at < SECTOR - 2; at += ENTRY) {
    const type = sector.readUInt8(at + 4);
    if (type === 0) continue;
    partitions.push({
      type,
      bootable: sector.readUInt8(at) === 0x80,
      firstSector: sector.readUInt32LE(at + 8),
      sectorCount: sector.readUInt32LE(at + 12),
    });
  }
  return { signature: sector.readUInt32LE(SIGNATURE_AT), partitions };
}
