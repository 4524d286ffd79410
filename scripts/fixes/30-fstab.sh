#!/usr/bin/env bash
# Detects entries of /etc/fstab for disks the box will not have, and a root entry that is not the box's
# one ext4. Keeps pseudo file systems, bind mounts and swap files.
#
#   ROOT_UUID  of the new file system; without it (before there is one) the entry names /dev/sda1
#   ESP_UUID   of the EFI system partition, if the box has one
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

root_source=/dev/sda1
[[ -z ${ROOT_UUID:-} ]] || root_source=UUID=$ROOT_UUID

# The table as it should be; comments stay.
wanted() {
  printf '%s\t/\text4\terrors=remount-ro\t0\t1\n' "$root_source"
  # Upgrades of GRUB for EFI write there; a boot that cannot read it is none the worse.
  [[ -z ${ESP_UUID:-} ]] || printf 'UUID=%s\t/boot/efi\tvfat\tumask=0077,nofail\t0\t0\n' "$ESP_UUID"
  [[ ! -r $root/etc/fstab ]] || awk '
    /^[[:space:]]*(#|$)/ { if ($0 !~ /UNCONFIGURED FSTAB/) print; next }
    $2 == "/" { next }
    $3 ~ /^(tmpfs|ramfs|proc|sysfs|devpts|debugfs|tracefs|securityfs|configfs|hugetlbfs|mqueue|binfmt_misc|cgroup2?|overlay|fuse.*)$/ ||
      $4 ~ /(^|,)r?bind(,|$)/ || ($3 == "swap" && $1 ~ "^/" && $1 !~ "^/dev/")' "$root/etc/fstab"
}

check() {
  local foreign
  foreign=$(comm -13 <(wanted | sort) <(grep -v 'UNCONFIGURED FSTAB' "$root/etc/fstab" 2>/dev/null | sort) | awk '{ print $2 }' | xargs)
  if cmp -s <(wanted) "$root/etc/fstab"; then
    verdict "/ on $root_source" ok
  elif [[ -n $foreign ]]; then
    verdict "entries of another disk for $foreign" fix "only / on $root_source and what needs no disk"
  else
    verdict "no entry for / on $root_source" fix "write it"
  fi
}

fix() {
  wanted | write_file /etc/fstab 644
  [[ -z ${ESP_UUID:-} ]] || mkdir -p "$root/boot/efi"
}

run "$@"
