#!/usr/bin/env bash
# The route of other projects that make boxes without a hypervisor: a sparse disk, mkfs, cp, qemu-img, tar.
#
# Variables: WORK (empty folder), SOURCE_DISK (raw disk with one ext4 partition at 1 MiB), DISK_MIB (size of the
# disk to make), STEPS (see steps.sh).
# Needs: coreutils, util-linux, fdisk, e2fsprogs, extlinux, syslinux-common, qemu-utils; root; a mount namespace
# of its own.
# Makes: $WORK/output.box.
#
# By hand:
#   sudo unshare --mount env WORK=/var/tmp/q SOURCE_DISK=disk.raw DISK_MIB=8192 STEPS=/dev/stderr bench/routes/qemu-img.sh
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"
: "${WORK:?}" "${SOURCE_DISK:?}" "${DISK_MIB:?}"
cd "$WORK"
mkdir raw output
mount_source

make_file_system() {
  truncate --size="${DISK_MIB}M" image.raw
  echo 'start=1MiB, type=83, bootable' | sfdisk --quiet image.raw
  disk=$(losetup --find --show --offset 1048576 --sizelimit $(((DISK_MIB - 1) * 1048576)) image.raw)
  mkfs.ext4 -q -F "$disk"
  mount "$disk" raw
}
step mkfs make_file_system

copy() {
  cp -a source/. raw
}
step copy copy

boot_loader() {
  extlinux --install raw/boot
  dd if=/usr/lib/syslinux/mbr/mbr.bin of=image.raw conv=notrunc bs=440 count=1 status=none
  umount raw
  losetup --detach "$disk"
  disk=
}
step extlinux boot_loader
umount source

step vmdk qemu-img convert -f raw -O vmdk -o subformat=streamOptimized image.raw output/box-disk001.vmdk

bundle() {
  echo '<!-- a descriptor filled in from a template -->' >output/box.ovf
  echo '{ "provider": "virtualbox" }' >output/metadata.json
  echo 'Vagrant.configure("2") { |config| }' >output/Vagrantfile
  tar -cf output.box -C output/ .
}
step tar bundle
