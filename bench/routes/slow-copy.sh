#!/usr/bin/env bash
# Copies a source that answers every read only after a while, as a fresh EBS volume does, in one of two ways.
#
# Variables: WORK (empty folder), SOURCE_DISK (raw disk with one ext4 partition at 1 MiB), SLOW_DISK (command that
# shows a file slowly at another path: bench/slowDisk), DELAY_MS, TREE (folder in the source that is copied), STEPS (see
# steps.sh), WAY (seed: cp -a; ours: the tool of the stage raw-disk), DISK_TOOL (that tool).
# Needs: /dev/fuse, util-linux, node; root; a mount namespace of its own.
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"
: "${WORK:?}" "${SOURCE_DISK:?}" "${SLOW_DISK:?}" "${DELAY_MS:?}" "${TREE:?}" "${WAY:?}" "${DISK_TOOL:?}"
cd "$WORK"
mkdir source copy
: >slow.raw
read -ra slow_disk <<<"$SLOW_DISK"
"${slow_disk[@]}" "$SOURCE_DISK" "$WORK/slow.raw" "$DELAY_MS" >slow.json &
server=$!
trap 'kill "$server" 2>/dev/null || true; release_disk' EXIT
for ((tries = 0; tries < 200; tries++)); do
  if [[ -s slow.raw ]]; then break; fi
  sleep 0.1
done
# Passes requests on as they come, as a disk does.
disk=$(losetup --find --show --read-only --direct-io=on --offset 1048576 slow.raw)
mount -o ro,noload "$disk" source
case $WAY in
  seed) step copy cp -a "source/$TREE" copy ;;
  ours)
    step copy node "$DISK_TOOL" --tree "source/$TREE" --out copy/disk.raw --size 17179869184 \
      --fs-uuid 2f6b7d0e-0c1d-4a57-9d59-5e7f6f1f3c11 --epoch 1700000000
    ;;
esac
umount source
losetup --detach "$disk"
disk=
umount slow.raw
wait "$server"
