import * as fs from "node:fs";

/** Disk image formats a source may have, by the name `qemu-img` gives them. */
export type ImageFormat = "raw" | "qcow2" | "vmdk" | "vpc";

/** Formats people do try, that hold no disk of their own or none that is read here. */
const refused: readonly { magic: string; offset: number; name: string; remedy: string }[] = [
  { magic: "1f8b", offset: 0, name: "gzip", remedy: "decompress it with gunzip" },
  { magic: "fd377a585a00", offset: 0, name: "xz", remedy: "decompress it with unxz" },
  { magic: "28b52ffd", offset: 0, name: "zstd", remedy: "decompress it with unzstd" },
  { magic: "425a68", offset: 0, name: "bzip2", remedy: "decompress it with bunzip2" },
  { magic: "504b0304", offset: 0, name: "zip", remedy: "unpack it" },
  { magic: "7573746172", offset: 257, name: "tar (OVA or .box)", remedy: "unpack the disk in it" },
  { magic: "7f10dabe", offset: 64, name: "VDI", remedy: "convert it with qemu-img convert -O raw" },
  {
    magic: "7668647866696c65",
    offset: 0,
    name: "VHDX",
    remedy: "convert it with qemu-img convert -O raw",
  },
  { magic: "4344303031", offset: 32769, name: "ISO 9660", remedy: "install it to a disk first" },
];

/** The formats by the names of the setting. */
const settingToFormat = { raw: "raw", qcow2: "qcow2", vmdk: "vmdk", vhd: "vpc" } as const;

const formatToSetting = { raw: "raw", qcow2: "qcow2", vmdk: "vmdk", vpc: "vhd" } as const;

/** A format by the name of the setting. */
export type NamedFormat = keyof typeof settingToFormat;

type Detected = { readonly format: ImageFormat } | { readonly problem: string };

/**
 * Reads some bytes of an image.
 *
 * @returns fewer bytes than asked for where the image ends, or where they are not at hand
 */
type ReadAt = (offset: number, length: number) => Buffer;

/**
 * Finds out how an image file is written.
 *
 * @param path the image file, which must exist and hold at least one byte
 * @param declared the format the user named, which is believed for `raw` (a raw disk may begin with
 *   anything) and otherwise must agree with the content
 * @returns the format, or why the file cannot be a source
 */
export function detectImageFormat(path: string, declared?: NamedFormat): Detected {
  const fd = fs.openSync(path, "r");
  try {
    const readAt = (offset: number, length: number): Buffer => {
      const buffer = Buffer.alloc(length);
      return buffer.subarray(0, fs.readSync(fd, buffer, 0, length, offset));
    };
    return detectFormat(fs.fstatSync(fd).size, readAt, declared);
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * The same for an image of which some bytes can be had: the first 33 000 and the last 512 are enough.
 *
 * @param size bytes of the image
 */
export function detectFormat(size: number, readAt: ReadAt, declared?: NamedFormat): Detected {
  const found = formatByContent(size, readAt);
  if (declared === undefined) return found;
  const wanted = settingToFormat[declared];
  if (wanted === "raw") return wholeSectors(size);
  if ("problem" in found) return found;
  return found.format === wanted
    ? found
    : {
        problem: `is a ${formatToSetting[found.format]} image, not the ${declared} that source.format names; leave source.format out, or give another file`,
      };
}

function formatByContent(size: number, readAt: ReadAt): Detected {
  const has = (hex: string, offset: number): boolean =>
    offset >= 0 && readAt(offset, hex.length / 2).toString("hex") === hex;
  if (has("514649fb", 0)) return { format: "qcow2" };
  if (has("4b444d56", 0)) return { format: "vmdk" };
  if (has(Buffer.from("# Disk DescriptorFile").toString("hex"), 0)) return { format: "vmdk" };
  if (has(Buffer.from("conectix").toString("hex"), size - 512)) return { format: "vpc" };
  const other = refused.find(({ magic, offset }) => has(magic, offset));
  return other === undefined
    ? wholeSectors(size)
    : {
        problem: `has the format ${other.name}, which is not read here; ${other.remedy} and give a raw, qcow2, vmdk or vhd image`,
      };
}

/** A raw disk is known by nothing but its size. */
function wholeSectors(size: number): Detected {
  return size % 512 === 0
    ? { format: "raw" }
    : {
        problem: `is ${size} bytes long, which is no whole number of 512-byte sectors, and of no other known format; give a raw, qcow2, vmdk or vhd image`,
      };
}
