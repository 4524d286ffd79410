/** How `/vagrant` reaches the guest: the kernel's own modules, VirtualBox's compiled ones, or not by VirtualBox. */
export type GuestAdditions = "in-tree" | "oracle" | "none";

/**
 * What the box's Vagrantfile says of shared folders, as Ruby statements for its configure block (Vagrant
 * documentation, "VirtualBox: Configuration").
 *
 * The kernel's own modules report no version to VirtualBox, and Vagrant would ask for another at each
 * start. Without modules Vagrant is told so, and to copy the project's folder with rsync instead.
 */
export function sharedFolderLines(additions: GuestAdditions): string[] {
  if (additions === "oracle") return [];
  const isNone = additions === "none";
  return [
    'config.vm.provider "virtualbox" do |virtualbox|',
    "  virtualbox.check_guest_additions = false",
    ...(isNone ? ["  virtualbox.functional_vboxsf = false"] : []),
    "end",
    ...(isNone ? ['config.vm.synced_folder ".", "/vagrant", type: "rsync"'] : []),
  ];
}
