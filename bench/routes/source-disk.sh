#!/usr/bin/env bash
# Makes the disk that every route starts from: one ext4 partition at 1 MiB with a Debian root, as mkfs and cp leave it.
#
# Variables: WORK (folder), TREE (the Debian root), COPIES (how often its files are in it: 1 is the root alone),
# OUT (the disk; written under another name first).
# Needs: util-linux, fdisk, e2fsprogs; root.
#
# By hand:
#   sudo env WORK=/var/tmp/disk TREE=/var/tmp/box/bootstrap COPIES=1 OUT=/var/tmp/disk.raw STEPS=/dev/null \
#     unshare --mount bench/routes/source-disk.sh
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"
: "${WORK:?}" "${TREE:?}" "${COPIES:?}" "${OUT:?}"
mkdir -p "$WORK/disk"
truncate --size=16G "$OUT.part"
echo 'start=1MiB, type=83, bootable' | sfdisk --quiet "$OUT.part"
mkfs.ext4 -q -F -E offset=1048576 "$OUT.part" $((16 * 1024 - 1))m
mount -o loop,offset=1048576 "$OUT.part" "$WORK/disk"
cp -a "$TREE/." "$WORK/disk"
for ((copy = 2; copy <= COPIES; copy++)); do
  mkdir "$WORK/disk/srv/copy$copy"
  cp -a "$TREE/usr" "$WORK/disk/srv/copy$copy"
done
umount "$WORK/disk"
mv "$OUT.part" "$OUT"
