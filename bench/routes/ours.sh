#!/usr/bin/env bash
# This project's route: the stages raw-disk and box, as every run of `npm run box` has them.
#
# Variables: WORK (empty folder), SOURCE_DISK (raw disk with one ext4 partition at 1 MiB), DISK_MIB (size of the
# disk to make), STEPS (see steps.sh), COMPRESSION (fast, default, best), DISK_TOOL and BOX_TOOL (the bundled tools).
# Needs: what the stages need; root.
# Makes: $WORK/output.box.
#
# By hand, after a `npm run box`, which bundles the tools:
#   sudo env WORK=/var/tmp/ours SOURCE_DISK=disk.raw DISK_MIB=8192 STEPS=/dev/stderr COMPRESSION=default \
#     DISK_TOOL=.ami2box/tools/disk.js BOX_TOOL=.ami2box/tools/box.js bench/routes/ours.sh
source "$(dirname "${BASH_SOURCE[0]}")/steps.sh"
: "${WORK:?}" "${SOURCE_DISK:?}" "${DISK_MIB:?}" "${COMPRESSION:?}" "${DISK_TOOL:?}" "${BOX_TOOL:?}"
run_stage=$(dirname "${BASH_SOURCE[0]}")/../../scripts/run-stage.sh
export WORK_DIR=$WORK EPOCH=1700000000
mkdir -p "$WORK/provision/root" # no changes: every route makes its box from the source as it is

raw_disk() {
  SOURCE_TYPE=image IMAGE=$SOURCE_DISK IMAGE_FORMAT=raw PROVISIONED=$WORK/provision DISK_BYTES=$((DISK_MIB << 20)) \
    FS_UUID=2f6b7d0e-0c1d-4a57-9d59-5e7f6f1f3c11 TOOL=$DISK_TOOL "$run_stage" raw-disk 900
}
step raw-disk raw_disk

box() {
  RAW_DISK=$WORK/disk.raw BOX_OUT=$WORK/output.box TOOL=$BOX_TOOL \
    BOX_SETTINGS="{\"name\":\"bench\",\"version\":\"1.0.0\",\"epoch\":$EPOCH,\"compression\":\"$COMPRESSION\"}" \
    "$run_stage" box 900
}
step box box
