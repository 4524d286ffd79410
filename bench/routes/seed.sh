#!/usr/bin/env bash
# The steps that this project started from, as the article gives them, on a machine of today.
#
# Variables: WORK (empty folder), SOURCE_DISK (raw disk with one ext4 partition at 1 MiB), DISK_MIB (size of the
# disk to make), STEPS (see steps.sh), EXPORT (program that runs seed-export.sh where VBoxManage is; empty where
# there is no VirtualBox: qemu-img compresses in its place).
# Needs: coreutils, util-linux, parted, e2fsprogs, extlinux, syslinux-common, qemu-utils; root; a mount
# namespace of its own, so that nothing stays mounted.
# Makes: $WORK/output.box.
#
# By hand:
#   sudo unshare --mount env WORK=/var/tmp/seed SOURCE_DISK=disk.raw DISK_MIB=8192 STEPS=/dev/stderr bench/routes/seed.sh
#
# Where it differs from the article, and why:
#   - kpartx makes partition nodes with device-mapper, which not every kernel has; the partition is reached by
#     its offset instead, which takes no longer.
#   - `dd bs=440 count=1` of mbr.bin needs the path of today's syslinux packages.
#   - the mount of the source is read-only.
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"
: "${WORK:?}" "${SOURCE_DISK:?}" "${DISK_MIB:?}"
cd "$WORK"
mkdir raw output
mount_source

step zeros dd if=/dev/zero of=image.raw bs=1M count="$DISK_MIB" status=none
partition() {
  parted -s -a optimal image.raw mklabel msdos -- mkpart primary ext4 1MiB -1
  parted -s image.raw set 1 boot on
}
step partition partition
make_file_system() {
  disk=$(losetup --find --show --offset 1048576 --sizelimit $(((DISK_MIB - 1) * 1048576)) image.raw)
  # Some kernels keep a loop device read-only that was mounted so before.
  blockdev --setrw "$disk"
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
  printf 'DEFAULT cloudify\nLABEL cloudify\nLINUX /vmlinuz\nAPPEND root=/dev/disk/by-uuid/%s ro\nINITRD /initrd.img\n' \
    "$(blkid -s UUID -o value "$disk")" >raw/boot/extlinux.conf
  umount raw
  losetup --detach "$disk"
  disk=
}
step extlinux boot_loader
umount source

if [[ -n ${EXPORT:-} ]]; then
  step vmdk qemu-img convert -f raw -O vmdk image.raw image.vmdk
  step export "$EXPORT"
else
  # No VirtualBox: what its export would compress, compressed by qemu-img. There is no descriptor then.
  step vmdk qemu-img convert -f raw -O vmdk -o subformat=streamOptimized image.raw output/box-disk001.vmdk
  step export true
fi

bundle() {
  # shellcheck disable=SC2016 # Ruby, for Vagrant
  printf 'Vagrant::Config.run do |config|\n config.vm.base_mac = "080027000001"\nend\n\ninclude_vagrantfile = File.expand_path("../include/_Vagrantfile", __FILE__)\nload include_vagrantfile if File.exist?(include_vagrantfile)\n' \
    >output/Vagrantfile
  echo '{ "provider": "virtualbox" }' >output/metadata.json
  tar -cf output.box -C output/ .
}
step tar bundle
