# shellcheck shell=bash
# Makes the root in ROOT start by itself from a disk, with a BIOS always and with EFI when asked; sourced
# after stage.sh and chroot.sh.
#
#   install_boot_loader FS_UUID FIRMWARE [ARCHITECTURE]   # writes its files into ROOT; sets BOOT_LOADER (grub or extlinux),
#                                          # what goes before the partitions: BOOT_IMG (440 bytes), CORE_IMG
#                                          # (may be empty), and ESP_IMG (empty with firmware bios)
#   finish_boot_loader DISK ROOT_OFFSET    # what can only be done to the finished disk; bytes
#
# GRUB is the image's own, so that its modules fit its later upgrades. Its first stage and its core go to
# the sectors before the partition (GRUB manual, "BIOS installation"); the core finds the rest by
# (hd0,msdos1), so that no partition node, no device-mapper and no grub-probe is needed. Where an image has
# no GRUB for the BIOS and could get none, extlinux starts the kernel that /vmlinuz leads to, or the newest one,
# which a unit of ours looks after in the guest.

# shellcheck source=esp.sh
source "$(dirname "${BASH_SOURCE[0]}")/esp.sh"

GRUB_MODULES=(biosdisk part_msdos ext2 search search_fs_uuid normal linux gzio)

install_boot_loader() {
  local uuid=$1 firmware=$2 architecture=${3:-amd64}
  [[ -n $(kernel_versions) ]] || fail "the image has no kernel in /boot; install one with a --provision script"
  if [[ $architecture == arm64 ]]; then
    BOOT_LOADER=grub
    configure_grub "$uuid"
    # There is no BIOS: what goes before the partitions is a partition table and no code.
    BOOT_IMG=$STAGE_TMP/boot.img CORE_IMG=
    truncate -s 440 "$BOOT_IMG"
  elif [[ -d $ROOT/usr/lib/grub/i386-pc && -x $ROOT/usr/bin/grub-mkimage ]]; then
    BOOT_LOADER=grub
    install_grub "$uuid"
  else
    BOOT_LOADER=extlinux
    install_extlinux "$uuid"
  fi
  ESP_IMG=
  [[ $firmware == bios ]] || make_esp "$architecture" "$uuid"
}

finish_boot_loader() {
  local disk=$1 offset=$2
  [[ $BOOT_LOADER == extlinux ]] || return 0
  # extlinux writes where its own file lies on the disk into that file: it wants it mounted.
  mkdir "$STAGE_TMP/disk"
  run mount_writable "$disk" "$offset" "$STAGE_TMP/disk"
  defer umount "$STAGE_TMP/disk"
  run extlinux --install "$STAGE_TMP/disk/boot/extlinux"
  umount "$STAGE_TMP/disk"
}

# Prints the kernels of the root, newest first, as version numbers.
kernel_versions() {
  find "$ROOT/boot" -maxdepth 1 -name 'vmlinuz-*' -printf '%f\n' | sed 's/^vmlinuz-//' | sort --version-sort --reverse
}

initrd_of() {
  local name
  for name in "initrd.img-$1" "initramfs-$1.img" "initrd-$1"; do
    if [[ -e $ROOT/boot/$name ]]; then
      echo "$name"
      return
    fi
  done
  fail "the kernel $1 has no initramfs in /boot; the package that makes one is missing from the image"
}

# The kernel's command line as the image's own grub-mkconfig would write it. Read inside the image: its
# settings are shell code, which must not run on the worker.
kernel_command_line() {
  # shellcheck disable=SC2016 # for the shell in the image
  in_chroot /bin/sh -c '
    for file in /etc/default/grub /etc/default/grub.d/*.cfg; do
      if [ -e "$file" ]; then . "$file"; fi
    done
    echo $GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX_DEFAULT'
}

grub_config() {
  local uuid=$1 version line
  line=$(kernel_command_line)
  echo "# Written when the box was made; update-grub replaces it at the next kernel change."
  echo "set default=0"
  echo "set timeout=0"
  echo "search --no-floppy --fs-uuid --set=root $uuid"
  while read -r version; do
    echo "menuentry 'Linux $version' {"
    echo "  linux /boot/vmlinuz-$version root=UUID=$uuid ro $line"
    echo "  initrd /boot/$(initrd_of "$version")"
    echo "}"
  done < <(kernel_versions)
}

configure_grub() {
  mkdir -p "$ROOT/boot/grub"
  grub_config "$1" >"$ROOT/boot/grub/grub.cfg"
  run in_chroot grub-editenv /boot/grub/grubenv create
}

install_grub() {
  local uuid=$1 modules=$ROOT/usr/lib/grub/i386-pc
  mkdir -p "$ROOT/boot/grub/i386-pc"
  cp -t "$ROOT/boot/grub/i386-pc" "$modules"/*.mod "$modules"/*.lst "$modules/boot.img"
  run in_chroot grub-mkimage --format=i386-pc --prefix='(hd0,msdos1)/boot/grub' \
    --output=/boot/grub/i386-pc/core.img "${GRUB_MODULES[@]}"
  configure_grub "$uuid"
  # Copies: the disk is written after the image has been left.
  BOOT_IMG=$STAGE_TMP/boot.img CORE_IMG=$STAGE_TMP/core.img
  cp "$modules/boot.img" "$BOOT_IMG"
  cp "$ROOT/boot/grub/i386-pc/core.img" "$CORE_IMG"
}

install_extlinux() {
  local uuid=$1 kernel initrd version
  version=$(kernel_versions | head -n 1)
  kernel=/boot/vmlinuz-$version initrd=/boot/$(initrd_of "$version")
  # Debian's packages keep these links on the newest kernel.
  if [[ -e $ROOT/vmlinuz && -e $ROOT/initrd.img ]]; then
    kernel=/vmlinuz initrd=/initrd.img
  else
    follow_kernels
  fi
  mkdir -p "$ROOT/boot/extlinux"
  cat >"$ROOT/boot/extlinux/extlinux.conf" <<CONF
DEFAULT linux
PROMPT 0
TIMEOUT 1
LABEL linux
  LINUX $kernel
  INITRD $initrd
  APPEND root=UUID=$uuid ro $(kernel_command_line)
CONF
  BOOT_IMG=/usr/lib/syslinux/mbr/mbr.bin CORE_IMG=
  [[ -e $BOOT_IMG ]] || fail "the image has no GRUB, and extlinux is not on the worker; install syslinux-common and extlinux"
}

# Has the guest keep extlinux on its newest kernel.
follow_kernels() {
  local files unit=ami2box-extlinux-kernel.service
  files=$(dirname "${BASH_SOURCE[0]}")/../provision/files
  install -D -m 755 "$files/extlinux-kernel" "$ROOT/usr/lib/ami2box/extlinux-kernel"
  install -D -m 644 "$files/$unit" "$ROOT/etc/systemd/system/$unit"
  mkdir -p "$ROOT/etc/systemd/system/multi-user.target.wants"
  ln -sfn "../$unit" "$ROOT/etc/systemd/system/multi-user.target.wants/$unit"
}
