#!/usr/bin/env bash
# Writes the box's disk: an msdos label, one ext4 root filled from the provisioned source, GRUB before it.
#
# Variables: WORK_DIR; SOURCE_TYPE and what goes with it (see provision.sh); PROVISIONED (folder of
# changes made by provision.sh); EPOCH (seconds since 1970); DISK_BYTES (size of the disk); FS_UUID (UUID of
# the file system); DISK_TOOL (the bundled disk writer).
# Needs: node, util-linux, e2fsprogs, jq; overlayfs; root.
# Makes: $WORK_DIR/disk.raw, sparse.
# Prints: {"stage":"raw-disk","seconds":5.0,"path":".../disk.raw","inputBytes":..,"outputBytes":..,
#          "sha256":"..","bootLoader":"grub"}
#
# By hand, after provision:
#   WORK_DIR=/var/tmp/box SOURCE_TYPE=debian SOURCE_TREE=/var/tmp/box/bootstrap PROVISIONED=/var/tmp/box/provision \
#   EPOCH=1700000000 DISK_BYTES=42949672960 FS_UUID=$(uuidgen) DISK_TOOL=disk.js scripts/run-stage.sh raw-disk 900
source "$(dirname "${BASH_SOURCE[0]}")/../lib/stage.sh"
stage_begin raw-disk SOURCE_TYPE PROVISIONED EPOCH DISK_BYTES FS_UUID TOOL
source "$(dirname "${BASH_SOURCE[0]}")/../lib/overlay.sh"
source "$(dirname "${BASH_SOURCE[0]}")/../lib/chroot.sh"
source "$(dirname "${BASH_SOURCE[0]}")/../lib/boot-loader.sh"
scripts=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
export SOURCE_DATE_EPOCH=$EPOCH

open_source
mount_overlay "$STAGE_TMP/changes" "$PROVISIONED"
enter_chroot "$ROOT"
mkdir "$ROOT/run/ami2box"
mount --bind -o ro "$scripts" "$ROOT/run/ami2box"
run in_chroot AMI2BOX_MODE=chroot ROOT_UUID="$FS_UUID" /run/ami2box/fixes/30-fstab.sh fix
umount "$ROOT/run/ami2box"
install_boot_loader "$FS_UUID"
leave_chroot

disk=$STAGE_TMP/disk.raw
facts=$STAGE_TMP/facts.json
node "$TOOL" --tree "$ROOT" --out "$disk" --size "$DISK_BYTES" --fs-uuid "$FS_UUID" --epoch "$EPOCH" \
  --boot-img "$BOOT_IMG" ${CORE_IMG:+--core-img "$CORE_IMG"} >"$facts" || exit 1
finish_boot_loader "$disk"
run e2fsck -fn "$disk?offset=$((FIRST_SECTOR * 512))"

mv -T "$disk" "$WORK_DIR/disk.raw"
fact() {
  jq -r ".$1" "$facts"
}
stage_end path="$WORK_DIR/disk.raw" inputBytes:="$(fact contentBytes)" outputBytes:="$(fact allocatedBytes)" \
  sha256="$(fact sha256)" bootLoader="$BOOT_LOADER"
