#!/usr/bin/env bash
# Makes the root of a Debian start as the Red Hat family's do, as far as Debian's packages allow: its initramfs from
# dracut, kernels under their versions only, and no GRUB that goes by Debian's names. The packages stay Debian's.
#
#   WORK_DIR=/var/tmp/box test/inputs/like-red-hat.sh TREE
#
# Needs: root; Debian's archive. Prints what stages print.
[[ -n ${LIKE_RED_HAT_INSIDE:-} ]] ||
  LIKE_RED_HAT_INSIDE=1 exec unshare --mount --propagation private bash "$0" "$@"
scripts=$(dirname "${BASH_SOURCE[0]}")/../../scripts
# shellcheck source=../../scripts/lib/stage.sh
source "$scripts/lib/stage.sh"
stage_begin like-red-hat
# shellcheck source=../../scripts/lib/chroot.sh
source "$scripts/lib/chroot.sh"

tree=${1:?like-red-hat: expected the folder of a Debian root}
enter_chroot "$tree"
run in_chroot apt-get -q update
printf 'do_symlinks = no\n' >"$tree/etc/kernel-img.conf"
# The kernel's own scripts make the initramfs when they are told of it once more.
run in_chroot apt-get -q -y -o APT::Install-Recommends=0 -o DPkg::options::=--force-unsafe-io install dracut
run in_chroot apt-get -q -y purge initramfs-tools initramfs-tools-core 'grub*'
rm -rf "$tree"/{vmlinuz,initrd.img}{,.old} "$tree/boot/grub" "$tree/etc/initramfs-tools" "$tree/etc/default/grub"
leave_chroot
stage_end path="$tree"
