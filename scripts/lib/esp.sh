# shellcheck shell=bash
# Makes the EFI system partition of a box; sourced after stage.sh and chroot.sh.
#
#   make_esp amd64 FS_UUID     # sets ESP_IMG, an image of a FAT32 file system; its modules go into ROOT
#   esp_id FS_UUID             # the FAT's serial number as /etc/fstab names it, such as 2F6B-7D0E
#
# No boot entry travels with a disk, so the loader lies where firmware looks by itself: the removable
# media path (UEFI specification 2.10, section 3.5.1.1). It is GRUB from the image's own packages, with the
# modules to find the root built in; the rest, and grub.cfg, are read from the root as with a BIOS.
# A second copy lies in the distribution's folder: its GRUB package updates both, if that is there.
# mtools writes the FAT without mounting it; the same inputs give the same bytes.

ESP_MIB=64
# What `grub-install` builds in, and what the grub.cfg of grub-mkconfig loads before it has a prefix.
EFI_MODULES=(part_msdos part_gpt fat ext2 search search_fs_uuid search_label search_fs_file normal configfile
  linux gzio echo test all_video efi_gop gfxterm reboot halt minicmd)

# Sets EFI_TARGET (GRUB's name of the platform) and EFI_NAME (the part of the loader's file name).
efi_platform() {
  case $1 in
    amd64) EFI_TARGET=x86_64-efi EFI_NAME=x64 ;;
    arm64) EFI_TARGET=arm64-efi EFI_NAME=aa64 ;;
    *) fail "the architecture is '$1'; an EFI boot loader can be made for amd64 and arm64" ;;
  esac
}

esp_id() {
  local digits=${1:0:8}
  digits=${digits^^}
  echo "${digits:0:4}-${digits:4:4}"
}

make_esp() {
  local architecture=$1 uuid=$2 modules name vendor
  efi_platform "$architecture"
  modules=$ROOT/usr/lib/grub/$EFI_TARGET
  [[ -d $modules && -x $ROOT/usr/bin/grub-mkimage ]] ||
    fail "the image has no GRUB for EFI ($EFI_TARGET); install it with a --provision script, or set box.firmware to bios"
  mkdir -p "$ROOT/boot/grub/$EFI_TARGET"
  cp -t "$ROOT/boot/grub/$EFI_TARGET" "$modules"/*.mod "$modules"/*.lst
  printf '%s\n' "search.fs_uuid $uuid root" "set prefix=(\$root)/boot/grub" >"$ROOT/boot/grub/$EFI_TARGET/load.cfg"
  run in_chroot grub-mkimage --format="$EFI_TARGET" --prefix=/boot/grub --config="/boot/grub/$EFI_TARGET/load.cfg" \
    --output="/boot/grub/$EFI_TARGET/core.efi" "${EFI_MODULES[@]}"

  ESP_IMG=$STAGE_TMP/esp.img
  truncate -s "${ESP_MIB}M" "$ESP_IMG"
  run in_fat mformat -i "$ESP_IMG" -F -T $((ESP_MIB * 2048)) -h 64 -s 32 -N "$(esp_id "$uuid" | tr -d -)" ::
  vendor=$(sed -n 's/^ID=//p' "$ROOT/usr/lib/os-release" | tr -cd 'a-z0-9.-')
  run in_fat mmd -i "$ESP_IMG" ::/EFI ::/EFI/BOOT "::/EFI/$vendor"
  for name in "BOOT/BOOT${EFI_NAME^^}.EFI" "$vendor/grub$EFI_NAME.efi"; do
    run in_fat mcopy -i "$ESP_IMG" "$ROOT/boot/grub/$EFI_TARGET/core.efi" "::/EFI/$name"
  done
}

# mtools dates files by SOURCE_DATE_EPOCH, in local time.
in_fat() {
  TZ=UTC SOURCE_DATE_EPOCH=$EPOCH MTOOLS_SKIP_CHECK=1 "$@"
}
