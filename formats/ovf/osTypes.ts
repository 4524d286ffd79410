/**
 * VirtualBox guest types (what `VBoxManage list ostypes` calls ID) and the number OVF has for each:
 * the value map of `CIM_OperatingSystem.OsType` (DMTF DSP0243, section 9.13, attribute `ovf:id`).
 *
 * Only guests that a box of ours can hold: 64-bit systems with a GRUB or extlinux boot, those for ARM named
 * `_arm64` (VirtualBox 7.1). Where CIM has
 * no number of its own for a distribution, VirtualBox uses the one for "Linux 2.6 64-bit", and so do
 * we; VirtualBox then takes the exact type from the `vbox:OSType` element beside it.
 */
export const osTypes = {
  ArchLinux_64: 100,
  ArchLinux_arm64: 100,
  Debian_64: 96,
  Debian_arm64: 96,
  Fedora_64: 100,
  Fedora_arm64: 100,
  Gentoo_64: 100,
  Linux26_64: 100,
  OpenSUSE_64: 83,
  Oracle_64: 109,
  Oracle_arm64: 109,
  RedHat_64: 80,
  Ubuntu_64: 94,
  Ubuntu_arm64: 94,
} as const satisfies Record<string, number>;

/** A VirtualBox guest type a box can have. */
export type OsType = keyof typeof osTypes;

/** Whether `text` is a guest type of {@link osTypes}. */
export function isOsType(text: string): text is OsType {
  return Object.hasOwn(osTypes, text);
}
