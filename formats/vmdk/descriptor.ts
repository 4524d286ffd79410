import { createHash } from "node:crypto";
import { SECTOR_BYTES } from "../blockSource";
import { DESCRIPTOR_SECTORS } from "./layout";

/**
 * Disk controller that the descriptor names. VirtualBox and VMware take the real controller from
 * the OVF; the type also decides the geometry.
 */
export type AdapterType = "ide" | "lsilogic" | "buslogic";

/** What identifies a disk image, both derived from the seed. */
export interface DiskIdentity {
  /** UUID of the image (`ddb.uuid.image`), as VirtualBox wants it in the OVF's `vbox:uuid`. */
  readonly uuid: string;
  /** Content id: 8 hexadecimal digits. */
  readonly cid: string;
}

/** Namespace of the name-based UUIDs of disk images. */
const NAMESPACE = Buffer.from("5b1b2a4e0c6a5d0f9a3e7c41d2f86b90", "hex");
const NO_UUID = "00000000-0000-0000-0000-000000000000";
const NO_PARENT = "ffffffff";

/**
 * Derives a disk's UUID (RFC 9562, section 5.5: version 5, name-based) and content id from any
 * text, so that the same inputs give the same bytes.
 */
export function diskIdentity(seed: string): DiskIdentity {
  const digest = createHash("sha1").update(NAMESPACE).update(seed).digest();
  const bytes = digest.subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  const cid = digest.subarray(16).toString("hex");
  return { uuid, cid: cid === NO_PARENT ? "fffffffe" : cid };
}

/** Cylinders, heads and sectors that the descriptor states. */
export function geometry(
  capacity: number,
  adapterType: AdapterType,
): { cylinders: number; heads: number; sectors: number } {
  const ide = adapterType === "ide";
  const heads = ide ? 16 : 255;
  const sectors = 63;
  const cylinders = Math.floor(capacity / (heads * sectors * SECTOR_BYTES));
  return { cylinders: Math.min(Math.max(cylinders, 1), ide ? 16383 : 65535), heads, sectors };
}

/**
 * Writes the text descriptor ("Virtual Disk Format 5.0", section "The Descriptor File"), padded to
 * its sectors.
 */
export function encodeDescriptor(
  capacity: number,
  adapterType: AdapterType,
  identity: DiskIdentity,
): Buffer {
  const { cylinders, heads, sectors } = geometry(capacity, adapterType);
  const text = `# Disk DescriptorFile
version=1
CID=${identity.cid}
parentCID=${NO_PARENT}
createType="streamOptimized"

# Extent description
RDONLY ${capacity / SECTOR_BYTES} SPARSE "disk.vmdk"

# The Disk Data Base
#DDB

ddb.virtualHWVersion = "4"
ddb.adapterType="${adapterType}"
ddb.geometry.cylinders="${cylinders}"
ddb.geometry.heads="${heads}"
ddb.geometry.sectors="${sectors}"
ddb.uuid.image="${identity.uuid}"
ddb.uuid.parent="${NO_UUID}"
ddb.uuid.modification="${NO_UUID}"
ddb.uuid.parentmodification="${NO_UUID}"
`;
  const descriptor = Buffer.alloc(DESCRIPTOR_SECTORS * SECTOR_BYTES);
  descriptor.write(text, "ascii");
  return descriptor;
}

/**
 * Reads the text descriptor.
 *
 * @returns its lines `key=value`, without the quotes
 * @throws Error when it is not the descriptor of one streamOptimized extent of `capacity` bytes
 */
export function decodeDescriptor(descriptor: Buffer, capacity: number): Map<string, string> {
  const end = descriptor.indexOf(0);
  const text = descriptor.toString("latin1", 0, end === -1 ? descriptor.length : end);
  const values = new Map<string, string>();
  const problems: string[] = [];
  if (end !== -1 && descriptor.subarray(end).some((byte) => byte !== 0)) {
    problems.push("it has bytes after its end");
  }
  const extents: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const pair = /^([A-Za-z][\w.]*)\s*=\s*"?([^"]*)"?\s*$/.exec(line);
    if (pair?.[1] !== undefined) values.set(pair[1], pair[2] ?? "");
    else if (/^(RW|RDONLY|NOACCESS)\s/.test(line)) extents.push(line);
    else if (!/^\s*(#.*)?$/.test(line)) problems.push(`it has the unknown line ${quote(line)}`);
  }
  const extent = /^(?:RW|RDONLY) (\d+) SPARSE "[^"]+"\s*$/.exec(extents[0] ?? "");
  if (extents.length !== 1 || Number(extent?.[1]) * SECTOR_BYTES !== capacity) {
    problems.push(
      `its extents are ${quote(extents.join(", "))}, it must have one SPARSE extent of ` +
        `${capacity / SECTOR_BYTES} sectors`,
    );
  }
  const createType = values.get("createType") ?? "";
  if (createType !== "streamOptimized") {
    problems.push(`its createType is ${quote(createType)}, it must be "streamOptimized"`);
  }
  const parent = values.get("parentCID") ?? "";
  if (parent !== NO_PARENT) problems.push(`its parentCID is ${quote(parent)}: it has a parent`);
  const cid = values.get("CID") ?? "";
  if (!/^[0-9a-f]{1,8}$/.test(cid)) problems.push(`its CID is ${quote(cid)}`);
  if (problems.length > 0) {
    throw new Error(`The descriptor of the VMDK is damaged: ${problems.join("; ")}.`);
  }
  return values;
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
