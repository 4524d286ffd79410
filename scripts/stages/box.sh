#!/usr/bin/env bash
# Makes the box from the raw disk: compressed disk image, OVF, Vagrantfile and metadata in one tar, in one
# pass and without a second copy of the disk.
#
# Variables: WORK_DIR; RAW_DISK (the disk); BOX_OUT (the box to make, in WORK_DIR; replaced if there);
#   TOOL (formats/cli/box.ts as one bundled file); BOX_SETTINGS (JSON: name, version, epoch, and if
#   wanted seed, hardware, vagrantfileLines, info, compression, threads; see formats/box/settings.ts).
# Needs: node 20 or newer, jq.
# Makes: $BOX_OUT.
# Prints: {"stage":"box","seconds":3.9,"path":".../virtualbox-amd64.box","inputBytes":..,"outputBytes":..,
#   "sha256":"..","capacity":..,"disk":{"offset":..,"size":..},"compressor":"libdeflate level 6"}
#
# By hand, after raw-disk:
#   WORK_DIR=/var/tmp/box RAW_DISK=/var/tmp/box/disk.raw BOX_OUT=/var/tmp/box/demo.box TOOL=box.js \
#   BOX_SETTINGS='{"name":"demo","version":"1.0.0","epoch":1700000000}' scripts/run-stage.sh box 600
source "$(dirname "${BASH_SOURCE[0]}")/../lib/stage.sh"
stage_begin box RAW_DISK BOX_OUT TOOL BOX_SETTINGS

box=$STAGE_TMP/new.box
facts=$STAGE_TMP/facts.json
printf '%s' "$BOX_SETTINGS" >"$STAGE_TMP/settings.json"
node "$TOOL" --disk "$RAW_DISK" --out "$box" --settings "$STAGE_TMP/settings.json" >"$facts" || exit 1
mv -T "$box" "$BOX_OUT"

fact() {
  jq -c ".$1" "$facts"
}
stage_end path="$BOX_OUT" inputBytes:="$(fact inputBytes)" outputBytes:="$(fact outputBytes)" \
  sha256="$(jq -r .sha256 "$facts")" capacity:="$(fact capacity)" disk:="$(fact disk)" compressor:="$(fact compressor)"
