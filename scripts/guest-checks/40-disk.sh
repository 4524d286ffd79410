# shellcheck shell=bash disable=SC2154
# Partitions and file systems. A part of the guest checks; see 00-begin.sh.

fstab_root() {
  local entry
  entry=$(findmnt --fstab -n -o SOURCE /)
  is "$entry" "UUID=$(root_uuid)"
}

fstab_rest() {
  nothing "$(awk '!/^[[:space:]]*(#|$)/ && $2 != "/" && $2 != "/boot/efi" && $1 ~ /^(\/dev\/|UUID=|LABEL=|PARTUUID=|PARTLABEL=)/' /etc/fstab)"
}

# A box for EFI: the partition is there whatever the guest was started by, with a loader where firmware
# looks for one when it knows of no other.
efi_partition() {
  [[ -d /sys/firmware/efi ]] || grep -q '[[:space:]]/boot/efi[[:space:]]' /etc/fstab || return 0
  findmnt -n -o SOURCE,FSTYPE /boot/efi | grep -w vfat || { echo "nothing at /boot/efi" && return 1; }
  sudo -n find /boot/efi/EFI/BOOT -iname 'BOOT*.EFI' -size +100k | grep . || { echo "no loader in EFI/BOOT" && return 1; }
}

as_large_as_the_disk() {
  local source part disk part_sectors disk_sectors start file_system
  source=$(findmnt -n -o SOURCE /)
  part=$(readlink -f "/sys/class/block/${source#/dev/}")
  disk=$(dirname "$part")
  part_sectors=$(cat "$part/size") disk_sectors=$(cat "$disk/size") start=$(cat "$part/start")
  file_system=$(($(stat -f -c '%b * %S' /) / 512))
  echo "disk $disk_sectors, partition $part_sectors from $start, file system $file_system sectors"
  # The file system's own structures are some per cent of it.
  ((disk_sectors - start - part_sectors <= 2048 && file_system * 100 >= part_sectors * 94))
}

check "the root is ext4, mounted for writing" like "$(findmnt -n -o FSTYPE,OPTIONS /)" '^ext4 +rw'
fix=fstab check "fstab names the root by UUID" fstab_root
fix=fstab check "fstab names no other disk" fstab_rest
check "EFI finds its partition and a loader in it, where there is one" efi_partition
check "partition and file system are as large as the disk" as_large_as_the_disk
check "the unit that grows them has done its work" is "$(systemctl is-active ami2box-grow-root.service)" active
