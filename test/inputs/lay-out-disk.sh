#!/usr/bin/env bash
# Lays the root of a system out on a raw disk, in ways other than a box's own.
#
#   test/inputs/lay-out-disk.sh LAYOUT TREE DISK MIB
#
#   ec2       as Debian's and Ubuntu's images for EC2: GPT with the root first (ext4, labelled), then a BIOS boot
#             and an EFI system partition, which stand before it on the disk; fstab by LABEL and PARTUUID
#   xfs-boot  as the Red Hat family's: GPT, /boot on a partition of its own (ext4), then the root (XFS);
#             fstab by UUID
#   btrfs     a disk without partition table: btrfs with the subvolumes @ and @home, a snapshot of @, and
#             another subvolume inside @; fstab by UUID and subvol=
#
# TREE is a folder or a tar of one; its fstab is not used.
# Needs: util-linux, fdisk, e2fsprogs, mtools, xfsprogs, btrfs-progs; root.
set -Eeuo pipefail
if [[ $# -ne 4 ]]; then
  echo "lay-out-disk: expected LAYOUT TREE DISK MIB, got '$*'" >&2
  exit 2
fi
# Mounts in a namespace of its own go with it, and the loop devices with them.
[[ -n ${LAY_OUT_DISK_INSIDE:-} ]] ||
  LAY_OUT_DISK_INSIDE=1 exec unshare --mount --propagation private bash "$0" "$@"
layout=$1 tree=$2 disk=$3 mib=$4
at=$(mktemp -d)
loops=()
leave() {
  umount --recursive "$at" 2>/dev/null || true
  rmdir "$at"
  ((${#loops[@]} == 0)) || losetup --detach "${loops[@]}"
}
trap leave EXIT

# Sets LOOP to a device that shows SIZE MiB of the disk from START MiB on.
attach() {
  LOOP=$(losetup --find --show --offset "$(($1 << 20))" --sizelimit "$(($2 << 20))" "$disk")
  loops+=("$LOOP")
  # A device that showed a disk read-only before stays read-only in some kernels.
  blockdev --setrw "$LOOP"
}

fill() {
  if [[ -f $tree ]]; then cat "$tree"; else tar --create --xattrs --xattrs-include='*' --directory "$tree" .; fi |
    tar --extract --numeric-owner --xattrs --xattrs-include='*' --directory "$at"
}

rm -f "$disk"
truncate -s "${mib}M" "$disk"
case $layout in
  ec2)
    # Root GUID partition types: Discoverable Partitions Specification; BIOS boot: GRUB manual.
    sfdisk --quiet "$disk" <<'TABLE'
label: gpt
label-id: 0D2F1B3A-6C3B-4B0E-8F3B-1B9C0A7D5E11
1 : start=128MiB, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, uuid=7C6D5E4F-1111-4222-8333-000000000001
14 : start=1MiB, size=3MiB, type=21686148-6449-6E6F-744E-656564454649
15 : start=4MiB, size=124MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid=7C6D5E4F-1111-4222-8333-00000000000F
TABLE
    attach 128 $((mib - 129))
    mkfs.ext4 -q -L cloudimg-rootfs "$LOOP"
    mount "$LOOP" "$at"
    fill
    cat >"$at/etc/fstab" <<'FSTAB'
LABEL=cloudimg-rootfs / ext4 rw,discard,errors=remount-ro,x-systemd.growfs 0 1
PARTUUID=7c6d5e4f-1111-4222-8333-00000000000f /boot/efi vfat umask=0077 0 2
/dev/nvme1n1 /data xfs nofail 0 2
tmpfs /scratch tmpfs size=10m 0 0
FSTAB
    umount "$at"
    MTOOLS_SKIP_CHECK=1 mformat -i "$disk@@4M" -F -T $((124 * 2048)) -h 64 -s 32 ::
    MTOOLS_SKIP_CHECK=1 mmd -i "$disk@@4M" ::/EFI
    ;;
  xfs-boot)
    sfdisk --quiet "$disk" <<'TABLE'
label: gpt
start=1MiB, size=200MiB, name=boot
start=201MiB, name=root
TABLE
    attach 1 200
    boot=$LOOP
    mkfs.ext4 -q "$boot"
    attach 201 $((mib - 202))
    mkfs.xfs -q "$LOOP"
    mount "$LOOP" "$at"
    mkdir -p "$at/boot"
    mount "$boot" "$at/boot"
    fill
    printf 'UUID=%s %s %s defaults 0 0\n' "$(blkid -p -s UUID -o value "$LOOP")" / xfs \
      "$(blkid -p -s UUID -o value "$boot")" /boot ext4 >"$at/etc/fstab"
    ;;
  btrfs)
    attach 0 "$mib"
    mkfs.btrfs -q "$LOOP" >/dev/null
    mount "$LOOP" "$at"
    btrfs -q subvolume create "$at/@"
    btrfs -q subvolume create "$at/@home"
    top=$at at=$at/@
    mkdir -p "$at/home" "$at/var"
    mount --bind "$top/@home" "$at/home"
    btrfs -q subvolume create "$at/srv"
    fill
    uuid=$(blkid -p -s UUID -o value "$LOOP")
    cat >"$at/etc/fstab" <<FSTAB
UUID=$uuid / btrfs defaults,subvol=@ 0 0
UUID=$uuid /home btrfs defaults,subvol=/@home 0 0
FSTAB
    umount "$at/home"
    at=$top
    btrfs -q subvolume snapshot -r "$at/@" "$at/@before-upgrade"
    ;;
  *)
    echo "lay-out-disk: '$layout' is no layout; allowed: ec2, xfs-boot, btrfs" >&2
    exit 2
    ;;
esac
