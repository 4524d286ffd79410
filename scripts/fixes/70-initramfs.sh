#!/usr/bin/env bash
# Detects an initramfs without the drivers of VirtualBox's disk, or with only those of the machine it was
# made on. Sets MODULES=most (dracut: hostonly=no), looks for no swap to resume from, and rebuilds.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

settings=/etc/initramfs-tools/conf.d/zz-ami2box
dracut_settings=/etc/dracut.conf.d/zz-ami2box.conf

inside() { if [[ -n $root ]]; then chroot "$root" "$@"; else "$@"; fi; }

uses_dracut() { [[ ! -d $root/etc/initramfs-tools && -d $root/etc/dracut.conf.d ]]; }

image_of() { # image_of KERNEL
  local name
  for name in initrd.img-$1 initramfs-$1.img initrd-$1; do
    if [[ -e $root/boot/$name ]]; then
      echo "/boot/$name"
      return
    fi
  done
}

# lacking KERNEL: the drivers neither in its initramfs nor built in.
lacking() {
  local image listing driver
  image=$(image_of "$1")
  [[ -n $image ]] || { echo initramfs && return; }
  if ! listing=$(if uses_dracut; then inside lsinitrd "$image"; else inside lsinitramfs "$image"; fi); then
    echo "a readable initramfs"
    return
  fi
  for driver in $(hardware_drivers) ext4; do
    grep -Eq "/${driver//[-_]/[-_]}\.ko" <<<"$listing" ||
      grep -Eqs "/${driver//[-_]/[-_]}\.ko$" "$root/lib/modules/$1/modules.builtin" || echo "$driver"
  done
}

# Whether the next ones, after a kernel upgrade, will have the drivers too. initramfs-tools reads
# initramfs.conf, then conf.d in order; the last one counts.
general() {
  if uses_dracut; then
    [[ -e $root$dracut_settings ]]
  else
    [[ $(sed -n 's/^[[:space:]]*MODULES=//p' "$root"/etc/initramfs-tools/initramfs.conf \
      "$root"/etc/initramfs-tools/conf.d/* 2>/dev/null | tail -n 1) == most ]]
  fi
}

check() {
  local kernel found bad=()
  general || bad+=("only for the machine they are made on")
  while read -r kernel; do
    mapfile -t found < <(lacking "$kernel")
    [[ ${#found[@]} -eq 0 ]] || bad+=("$kernel lacks $(list "${found[@]}")")
  done < <(installed_kernels)
  if [[ ${#bad[@]} -eq 0 ]]; then
    verdict "has the drivers" ok
  else
    verdict "$(list "${bad[@]}")" fix "drivers of all machines, rebuild"
  fi
}

# Every driver is a handful of programs to run, and under emulation all of them take half an hour: only those
# of the machines that boxes run on go in. The kernel's next upgrade, on such a machine, makes a whole one.
small_initramfs() {
  local chosen=/etc/initramfs-tools/conf.d/zzz-emulated modules=/etc/initramfs-tools/modules
  cp -p "$root$modules" "$root$modules.whole"
  write_file "$chosen" 644 <<<'MODULES=list'
  printf '%s\n' virtio_pci virtio_blk virtio_scsi virtio_net virtio_gpu sd_mod ahci nvme ext4 >>"$root$modules"
  inside update-initramfs "$(if [[ -n $(image_of "$1") ]]; then echo -u; else echo -c; fi)" -k "$1" >&2
  rm "$root$chosen"
  mv "$root$modules.whole" "$root$modules"
}

fix() {
  local kernel
  if uses_dracut; then
    write_file "$dracut_settings" 644 <<<$'hostonly="no"\nadd_drivers+=" ahci sd_mod e1000 virtio_pci virtio_blk virtio_net ext4 "'
  else
    write_file "$settings" 644 <<<$'MODULES=most\nRESUME=none'
  fi
  while read -r kernel; do
    if uses_dracut; then
      inside dracut --force --reproducible "$(image_of "$kernel")" "$kernel" >&2
    elif [[ -n ${AMI2BOX_EMULATED:-} ]]; then
      small_initramfs "$kernel"
    elif [[ -n $(image_of "$kernel") ]]; then
      inside update-initramfs -u -k "$kernel" >&2
    else
      inside update-initramfs -c -k "$kernel" >&2
    fi
  done < <(installed_kernels)
}

run "$@"
