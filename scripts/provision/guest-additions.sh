#!/usr/bin/env bash
# Decides how /vagrant reaches the guest, sets the guest up for it, and records the choice.
#
#   AMI2BOX_MODE             chroot or live
#   AMI2BOX_GUEST_ADDITIONS  auto: the kernel's own vboxguest and vboxsf when every installed kernel has
#                            them, else none; in-tree: those or fail; none: rsync
#
# The record, for the stage that writes the box's Vagrantfile:
#
#   $ cat /usr/share/ami2box/choices.json
#   {"guestAdditions":"in-tree","sharedFolder":"virtualbox","kernels":["6.1.0-37-amd64"]}
#
# `sharedFolder` is the type of synced folder the box is made for: virtualbox or rsync. The in-tree
# modules report no version to VirtualBox, so with them `check_guest_additions = false` belongs in the
# Vagrantfile; without them also `functional_vboxsf = false`.
set -Eeuo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib.sh
. "$here/lib.sh"

require AMI2BOX_MODE AMI2BOX_GUEST_ADDITIONS
require_one_of AMI2BOX_MODE chroot live
require_one_of AMI2BOX_GUEST_ADDITIONS auto in-tree none

mapfile -t kernels < <(installed_kernels)
[[ ${#kernels[@]} -gt 0 ]] || die "no kernel in /lib/modules; the fix 10-kernel installs one"
lacking=()
for kernel in "${kernels[@]}"; do
  for driver in vboxguest vboxsf; do
    kernel_has "$kernel" "$driver" || lacking+=("$driver in $kernel")
  done
done

choice=$AMI2BOX_GUEST_ADDITIONS
if [[ ${#lacking[@]} -gt 0 ]]; then
  reason=$(IFS=,; echo "${lacking[*]}")
  [[ $choice != in-tree ]] || die "AMI2BOX_GUEST_ADDITIONS is in-tree, but the kernel has no ${reason//,/, no }"
  choice=none
elif [[ $choice == auto ]]; then
  choice=in-tree
fi

rule=/etc/modprobe.d/ami2box-vboxsf.conf
if [[ $choice == in-tree ]]; then
  # udev loads vboxguest when VirtualBox's device is there, and only then; the file system follows it.
  # A line in modules-load.d would instead fail the boot's unit wherever the module is missing.
  write_file "$rule" 644 <<<'softdep vboxguest post: vboxsf'
  folder=virtualbox
else
  rm -f "$root$rule"
  install_packages rsync
  folder=rsync
fi

list=$(printf ',"%s"' "${kernels[@]}")
write_file /usr/share/ami2box/choices.json 644 <<RECORD
{"guestAdditions":"$choice","sharedFolder":"$folder","kernels":[${list#,}]}
RECORD
say "guest additions: $choice; /vagrant by $folder"
