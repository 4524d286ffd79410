#!/usr/bin/env bash
# Writes the box's disk: an msdos label, one ext4 root filled from the provisioned source, GRUB before it,
# and an EFI system partition when the firmware asks for one.
#
# Variables: WORK_DIR; SOURCE_TYPE and what goes with it (see provision.sh); PROVISIONED (folder of
# changes made by provision.sh); EPOCH (seconds since 1970); DISK_BYTES (size of the disk); FS_UUID (UUID of
# the file system); TOOL (the bundled disk writer). Optional: FIRMWARE (bios, efi or both: with the latter
# two also an EFI system partition; the BIOS always starts it; bios), SKIP_FIXES (names of fixes that are
# turned off).
# Needs: node, util-linux, e2fsprogs, jq, mtools for the EFI system partition; overlayfs; root.
# Makes: $WORK_DIR/disk.raw, sparse.
# Prints: {"stage":"raw-disk","seconds":5.0,"path":".../disk.raw","inputBytes":..,"outputBytes":..,
#          "sha256":"..","bootLoader":"grub","firmware":"bios",
#          "fixes":[{"name":"fstab","found":"..","verdict":"fix","remedy":".."}]}
#
# By hand, after provision:
#   WORK_DIR=/var/tmp/box SOURCE_TYPE=debian SOURCE_TREE=/var/tmp/box/bootstrap PROVISIONED=/var/tmp/box/provision \
#   EPOCH=1700000000 DISK_BYTES=42949672960 FS_UUID=$(uuidgen) TOOL=disk.js scripts/run-stage.sh raw-disk 900
source "$(dirname "${BASH_SOURCE[0]}")/../lib/stage.sh"
stage_begin raw-disk SOURCE_TYPE PROVISIONED EPOCH DISK_BYTES FS_UUID TOOL
: "${FIRMWARE:=bios}"
[[ $FIRMWARE =~ ^(bios|efi|both)$ ]] || fail "FIRMWARE is '$FIRMWARE'; allowed: bios, efi, both"
source "$(dirname "${BASH_SOURCE[0]}")/../lib/overlay.sh"
source "$(dirname "${BASH_SOURCE[0]}")/../lib/chroot.sh"
source "$(dirname "${BASH_SOURCE[0]}")/../lib/emulation.sh"
source "$(dirname "${BASH_SOURCE[0]}")/../lib/boot-loader.sh"
source "$(dirname "${BASH_SOURCE[0]}")/../lib/fixes.sh"
scripts=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
export SOURCE_DATE_EPOCH=$EPOCH

emulate "${ARCHITECTURE:-amd64}"
open_source
mount_overlay "$STAGE_TMP/changes" "$PROVISIONED"
enter_chroot "$ROOT"
mkdir "$ROOT/run/ami2box"
mount --bind -o ro "$scripts" "$ROOT/run/ami2box"
esp_uuid=
[[ $FIRMWARE == bios ]] || esp_uuid=$(esp_id "$FS_UUID")
in_fixes() {
  in_chroot AMI2BOX_MODE=chroot ROOT_UUID="$FS_UUID" ESP_UUID="$esp_uuid" "/run/ami2box/fixes/$1" "${@:2}"
}
fix_judge fstab in_fixes
fix_record fstab
if [[ $FIX_VERDICT == fix ]]; then run in_fixes "$(fix_file fstab)" fix; fi
umount "$ROOT/run/ami2box"
install_boot_loader "$FS_UUID" "$FIRMWARE" "${ARCHITECTURE:-amd64}"
leave_chroot

disk=$STAGE_TMP/disk.raw
facts=$STAGE_TMP/facts.json
node "$TOOL" --tree "$ROOT" --out "$disk" --size "$DISK_BYTES" --fs-uuid "$FS_UUID" --epoch "$EPOCH" \
  --boot-img "$BOOT_IMG" ${CORE_IMG:+--core-img "$CORE_IMG"} ${ESP_IMG:+--esp-img "$ESP_IMG"} >"$facts" || exit 1
fact() {
  jq -r ".$1" "$facts"
}
root_offset=$(fact rootOffset)
finish_boot_loader "$disk" "$root_offset"
run e2fsck -fn "$disk?offset=$root_offset"

mv -T "$disk" "$WORK_DIR/disk.raw"
stage_end path="$WORK_DIR/disk.raw" inputBytes:="$(fact contentBytes)" outputBytes:="$(fact allocatedBytes)" \
  sha256="$(fact sha256)" bootLoader="$BOOT_LOADER" firmware="$FIRMWARE" fixes:="$FIXES"
