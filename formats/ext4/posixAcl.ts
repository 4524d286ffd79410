const XATTR_VERSION = 2;
const DISK_VERSION = 1;
const XATTR_ENTRY = 8;
const TAG = { user: 0x02, group: 0x08 };

/**
 * A POSIX ACL as `getxattr` gives it (version 2, 8 bytes an entry) in the form ext4 stores
 * (version 1, 4 bytes for entries without an id). Returns null for anything else.
 * Layout: Linux `include/uapi/linux/posix_acl_xattr.h` and `fs/ext4/acl.h`.
 */
export function aclToDisk(value: Buffer): Buffer | null {
  if (value.length < 4 || value.readUInt32LE(0) !== XATTR_VERSION) return null;
  if ((value.length - 4) % XATTR_ENTRY !== 0) return null;
  const head = Buffer.alloc(4);
  head.writeUInt32LE(DISK_VERSION);
  const parts: Buffer[] = [head];
  for (let at = 4; at < value.length; at += XATTR_ENTRY) {
    const tag = value.readUInt16LE(at);
    const named = tag === TAG.user || tag === TAG.group;
    parts.push(value.subarray(at, at + (named ? XATTR_ENTRY : 4)));
  }
  return Buffer.concat(parts);
}
