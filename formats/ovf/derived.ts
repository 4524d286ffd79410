import { createHash } from "node:crypto";

/**
 * The namespace of every identifier derived here: the name-based UUID of this project's name in
 * RFC 9562's DNS namespace. Changing it changes the bytes of every box.
 */
const NAMESPACE = nameUuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "ami2box");

/** The first half of every address VirtualBox itself hands out (IEEE OUI of PCS Systemtechnik). */
const VIRTUALBOX_OUI = "080027";

/**
 * A name-based UUID, version 5 (RFC 9562, section 5.5): the same namespace and name always give the
 * same UUID.
 *
 * @param namespace - a UUID in its usual text form
 */
export function nameUuid(namespace: string, name: string): string {
  const hash = createHash("sha1")
    .update(Buffer.from(namespace.replaceAll("-", ""), "hex"))
    .update(name, "utf8")
    .digest()
    .subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}

/**
 * The UUID of one thing in a box (`"machine"`, `"disk"`), derived from the box's seed so that the
 * same inputs give the same box.
 */
export function derivedUuid(seed: string, thing: string): string {
  return nameUuid(NAMESPACE, `${thing}:${seed}`);
}

/**
 * The network card's address derived from the box's seed: VirtualBox's own prefix 08:00:27 and three
 * bytes of a hash, as 12 upper-case hexadecimal digits without separators (the form of both
 * VirtualBox's settings and Vagrant's `config.vm.base_mac`).
 */
export function derivedMac(seed: string): string {
  const hash = createHash("sha256").update(`mac:${seed}`, "utf8").digest("hex");
  return `${VIRTUALBOX_OUI}${hash.slice(0, 6)}`.toUpperCase();
}
