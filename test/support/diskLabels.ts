/** The label of an LVM physical volume (LVM2, lib/label): its checksum is CRC-32 of another start. */
export function lvmLabel(): Buffer {
  const label = Buffer.alloc(1024);
  label.write("LABELONE", 512);
  label.writeBigUInt64LE(1n, 520);
  label.writeUInt32LE(32, 532);
  label.write("LVM2 001", 536);
  label.write("0123456789abcdefghijklmnopqrstuv", 544);
  let checksum = 0xf597a6cf;
  for (const byte of label.subarray(532, 1024)) {
    checksum ^= byte;
    for (let bit = 0; bit < 8; bit++) checksum = (checksum >>> 1) ^ (checksum & 1 ? 0xedb88320 : 0);
  }
  label.writeUInt32LE(checksum >>> 0, 528);
  return label;
}

/** The superblock, version 1.2, of a member of a software RAID (md(4)): 4 KiB into its partition. */
export function raidSuperblock(): Buffer {
  const superblock = Buffer.alloc(8192);
  superblock.writeUInt32LE(0xa92b4efc, 4096);
  superblock.writeUInt32LE(1, 4100);
  superblock.write("ami2box", 4096 + 32);
  // Its own place, in sectors.
  superblock.writeBigUInt64LE(8n, 4096 + 144);
  superblock.writeUInt32LE(mdChecksum(superblock.subarray(4096, 4096 + 256)), 4096 + 216);
  return superblock;
}

/** The sum that a superblock of Linux's software RAID carries: its words added up, with the carry. */
function mdChecksum(superblock: Buffer): number {
  let sum = 0n;
  for (let at = 0; at < superblock.length; at += 4) sum += BigInt(superblock.readUInt32LE(at));
  return Number(((sum & 0xffffffffn) + (sum >> 32n)) & 0xffffffffn);
}
