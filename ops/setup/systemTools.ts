/** What a machine is set up for; `cloud` makes boxes elsewhere and needs nothing of the distribution. */
export type Purpose = "box" | "cloud" | "arm64" | "test" | "clients" | "bench" | "lint";

/** A program or library that comes from the distribution. */
export interface SystemTool {
  /** A command looked for on PATH, or the absolute path of a file. */
  readonly lookFor: string;
  /** The Debian or Ubuntu package that brings it. */
  readonly package: string;
  /** What it is used for. */
  readonly why: string;
  readonly neededFor: readonly Purpose[];
}

const MAKING_A_BOX = ["box", "test", "clients", "bench"] as const;

const LIBRARIES = "/usr/lib/x86_64-linux-gnu";

function tool(
  lookFor: string,
  packageName: string,
  why: string,
  neededFor: readonly Purpose[] = MAKING_A_BOX,
): SystemTool {
  return { lookFor, package: packageName, why, neededFor };
}

/**
 * Every system tool of the project: the one place that knows package names. What Debian marks
 * essential (coreutils, tar, util-linux) is always there and not named.
 */
export const SYSTEM_TOOLS: readonly SystemTool[] = [
  tool("mmdebstrap", "mmdebstrap", "makes the Debian root folder"),
  tool(
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "debian-archive-keyring",
    "holds the keys that Debian's package lists are signed with, absent on Ubuntu",
  ),
  tool("jq", "jq", "writes and reads the JSON lines of the stages"),
  tool("mke2fs", "e2fsprogs", "makes the box's filesystem"),
  tool("sfdisk", "fdisk", "writes and reads partition tables"),
  tool("losetup", "mount", "attaches loop devices and mounts filesystems"),
  tool("qemu-img", "qemu-utils", "reads and checks qcow2, VMDK and VHD images"),
  tool("qemu-storage-daemon", "qemu-system-common", "shows such an image as a raw file"),
  tool("qemu-system-x86_64", "qemu-system-x86", "boots the box once before it is published"),
  tool("mcopy", "mtools", "fills the EFI system partition without mounting it"),
  tool("/usr/share/OVMF/OVMF_CODE_4M.fd", "ovmf", "is the EFI firmware of the boot proof"),
  tool("extlinux", "extlinux", "starts images that have no GRUB and can get none"),
  tool("/usr/lib/syslinux/mbr/mbr.bin", "syslinux-common", "goes before extlinux on the disk"),
  tool("ssh", "openssh-client", "logs into the booted box"),
  tool(`${LIBRARIES}/libdeflate.so.0`, "libdeflate0", "compresses the disk twice as fast as zlib"),
  tool(`${LIBRARIES}/libisal.so.2`, "libisal2", "compresses the disk faster still"),
  tool("parted", "parted", "partitions the disk as the seed does", ["bench"]),
  tool("vagrant", "vagrant", "adds the box from its catalog, as a user would", ["test", "clients"]),
  tool("ruby", "ruby", "compares versions as Vagrant does", ["test", "clients"]),
  tool(
    "/var/lib/dpkg/info/python3-venv.list",
    "python3-venv",
    "holds moto, which answers for AWS",
    ["test"],
  ),
  tool("sshd", "openssh-server", "is the machine that remote stages log into", ["test"]),
  tool("sudo", "sudo", "lets who logs in there run stages as root", ["test"]),
  tool("mkfs.xfs", "xfsprogs", "makes XFS sources", ["test"]),
  tool("mkfs.btrfs", "btrfs-progs", "makes btrfs sources", ["test"]),
  tool("xmllint", "libxml2-utils", "checks the OVF against its schema", ["test"]),
  tool(`${LIBRARIES}/faketime/libfaketime.so.1`, "libfaketime", "shows stages another day", [
    "test",
  ]),
  tool("bsdtar", "libarchive-tools", "reads boxes as Vagrant does", ["test"]),
  tool("qemu-aarch64-static", "qemu-user-static", "runs ARM programs while a box is made", [
    "arm64",
  ]),
  tool("qemu-system-aarch64", "qemu-system-arm", "boots a box for ARM before it is published", [
    "arm64",
  ]),
  tool("/usr/share/AAVMF/AAVMF_CODE.fd", "qemu-efi-aarch64", "is the EFI firmware of that boot", [
    "arm64",
  ]),
  tool("shellcheck", "shellcheck", "checks the shell scripts", ["lint"]),
];

/** The tools that a purpose needs, in the list's order. */
export function toolsFor(
  purpose: Purpose,
  tools: readonly SystemTool[] = SYSTEM_TOOLS,
): SystemTool[] {
  return tools.filter((candidate) => candidate.neededFor.includes(purpose));
}

/**
 * The tools that are not there.
 *
 * @param isPresent tells whether a command is on PATH or, for an absolute path, a file exists
 */
export function missingTools(
  tools: readonly SystemTool[],
  isPresent: (commandOrFile: string) => boolean,
): SystemTool[] {
  return tools.filter((candidate) => !isPresent(candidate.lookFor));
}
