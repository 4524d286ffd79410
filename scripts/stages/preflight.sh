#!/usr/bin/env bash
# Looks, before anything is made, at what would otherwise fail late: the place of the boxes, the room there is,
# the source, and what each of scripts/fixes would find in it. Says so in a table; every problem is told, not
# the first.
#
# Variables: WORK_DIR; BOX_NAME, BOX_VERSION, BOXES (JSON list of what the version is to have: [{"provider":
#   "virtualbox","architecture":"amd64"}]), RECIPE (digest of what they are made from), TOOL (the bundled
#   publisher), PUBLISH_DIR (folder of the catalogs) or PUBLISH_BUCKET, PUBLISH_PREFIX and AWS_REGION;
#   DISK_BYTES (size of the box's disk); SOURCE_TYPE: `debian`, of which there is nothing to be seen yet, or
#   `image` with IMAGE and IMAGE_FORMAT (raw, qcow2, vmdk, vpc), or `volume` with VOLUME_ID (see lib/volume.sh).
#   Optional: FIRMWARE (bios, efi, both; bios), SKIP_FIXES (names of fixes that are turned off, separated by
#   spaces).
# Needs: node, util-linux, jq, qemu-utils for images that are not raw; overlayfs; root.
# Makes nothing: what looking at the source writes goes to a layer over it that is thrown away.
# Prints: {"stage":"preflight","seconds":0.4,"path":".../out","inputBytes":..,"outputBytes":0,"sha256":"",
#          "checks":[{"check":"kernel","found":"..","verdict":"fix","remedy":".."}, ..]}
#         The verdicts: ok; fix (the remedy is what will be done); skipped (turned off); refuse (the remedy is
#         what you can do, and the stage fails). The same as a table on stderr.
#
# By hand:
#   WORK_DIR=/var/tmp/box PUBLISH_DIR=out BOX_NAME=debian BOX_VERSION=1.0.0 RECIPE=- DISK_BYTES=42949672960 \
#   BOXES='[{"provider":"virtualbox","architecture":"amd64"}]' TOOL=.ami2box/tools/publish.js \
#   SOURCE_TYPE=image IMAGE=/srv/disk.raw IMAGE_FORMAT=raw scripts/run-stage.sh preflight 300
source "$(dirname "${BASH_SOURCE[0]}")/../lib/stage.sh"
stage_begin preflight BOX_NAME BOX_VERSION BOXES RECIPE TOOL DISK_BYTES SOURCE_TYPE
source "$(dirname "${BASH_SOURCE[0]}")/../lib/overlay.sh"
source "$(dirname "${BASH_SOURCE[0]}")/../lib/chroot.sh"
source "$(dirname "${BASH_SOURCE[0]}")/../lib/emulation.sh"
source "$(dirname "${BASH_SOURCE[0]}")/../lib/fixes.sh"
source "$(dirname "${BASH_SOURCE[0]}")/../lib/preflight-table.sh"
source "$(dirname "${BASH_SOURCE[0]}")/../lib/source-system.sh"
: "${FIRMWARE:=bios}"
architectures=$(jq -r '[.[].architecture] | unique | join(" ")' <<<"$BOXES")
scripts=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")

MiB=$((1 << 20))

# Whether the version is new, and whether boxes can be stored where they are to go.
judge_publication() {
  local found problem
  found=$(node "$TOOL" check) || exit 1
  PLACE=$(jq -r .place <<<"$found")
  while IFS= read -r problem; do
    # A sentence with its remedy after a semicolon.
    [[ $problem == *'; '* ]] || problem+='; '
    row publication "${problem%; *}" refuse "${problem##*; }"
  done < <(jq -r '.problems[]' <<<"$found")
  [[ -n $(refused_rows) ]] || row publication "$BOX_NAME $BOX_VERSION is new in $PLACE" ok
}

judge_overlayfs() {
  mkdir "$STAGE_TMP"/{lower,upper,work,over}
  if mount -t overlay overlay "$STAGE_TMP/over" -o "lowerdir=$STAGE_TMP/lower,upperdir=$STAGE_TMP/upper,workdir=$STAGE_TMP/work" 2>>"$STAGE_LOG"; then
    umount "$STAGE_TMP/over"
    row overlayfs "can be mounted in the work directory" ok
  else
    row overlayfs "overlayfs cannot be mounted in $WORK_DIR" refuse "set worker.workDirectory to a folder on ext4 or xfs"
    return 1
  fi
}

# The raw disk, the changes and the box: what they take at most, for a content of so many bytes.
judge_free_space() {
  local needed=$1 free
  free=$(df --block-size=1 --output=avail "$WORK_DIR" | tail -n 1)
  if ((free < needed)); then
    row "free space" "$WORK_DIR has $((free / MiB)) MiB free and the box needs $((needed / MiB)) MiB" refuse "make room or set worker.workDirectory"
  else
    row "free space" "$((free / MiB)) MiB, of which the box needs up to $((needed / MiB))" ok
  fi
}

# The bytes of the source's tree. What btrfs compresses or shares takes its full room on the box's disk.
source_bytes() {
  local part bytes used=0
  for part in "root=$SOURCE_ROOT" "${SOURCE_PARTS[@]}"; do
    part=${part#*=}
    if [[ $(stat -f -c %T "$part") == btrfs ]]; then
      bytes=$(du -s --apparent-size --block-size=1 "$part" | cut -f1)
    else
      bytes=$(df --block-size=1 --output=used "$part" | tail -n 1)
    fi
    used=$((used + bytes))
  done
  echo "$used"
}

judge_disk_size() {
  local used=$1 room
  # The file system's own tables, its journal and some air: a tenth and 256 MiB.
  room=$((DISK_BYTES - DISK_BYTES / 10 - 256 * MiB))
  if ((used > room)); then
    row "disk size" "the image holds $((used / MiB)) MiB and a disk of $((DISK_BYTES / MiB)) MiB has room for $((room > 0 ? room / MiB : 0)) MiB" \
      refuse "set box.diskGiB to $(((used * 10 / 9 + 512 * MiB) / (1024 * MiB) + 1)) or more"
  else
    row "disk size" "$((used / MiB)) MiB of the image, room for $((room / MiB))" ok
  fi
}

open_image() {
  IMAGE_REMEDY="give an image that is whole"
  if [[ $SOURCE_TYPE == volume ]]; then
    require_variables VOLUME_ID
    find_volume "$VOLUME_ID" "${VOLUME_DEVICE:-}"
    IMAGE=$VOLUME_DISK IMAGE_FORMAT=raw
  fi
  require_variables IMAGE IMAGE_FORMAT
  if ! attach_image "$IMAGE" "$IMAGE_FORMAT" || ! mount_image_root; then
    row source "$IMAGE_PROBLEM" refuse "$IMAGE_REMEDY"
    return 1
  fi
  row source "$SOURCE_LAYOUT" ok
}

# Whether programs for the boxes' processors run on this one; nothing to be said where they are its own.
judge_emulation() {
  local architecture problem
  for architecture in $architectures; do
    if runs_here "$architecture"; then continue; fi
    problem=$(emulation_problem "$architecture")
    if [[ -n $problem ]]; then
      row emulation "${problem%; *}" refuse "${problem##*; }"
    else
      row emulation "programs for $architecture are emulated, which takes several times as long" ok
    fi
  done
}

# The checks read files, and run a program of the image for one thing, to list an initramfs: hence the chroot.
judge_fixes() {
  local name
  emulate "$architectures"
  mount_overlay "$STAGE_TMP/thrown-away"
  mkdir -p "$ROOT"/{proc,sys,dev,run,tmp,usr/sbin}
  enter_chroot "$ROOT"
  for name in $(fix_names); do
    fix_judge "$name" look_at
    row "$name" "$FIX_FOUND" "$FIX_VERDICT" "$FIX_REMEDY"
  done
}

look_at() {
  AMI2BOX_ROOT=$ROOT AMI2BOX_MODE=chroot AMI2BOX_FIRMWARE=$FIRMWARE bash "$scripts/fixes/$1" "${@:2}"
}

input_bytes=0
overlays=1
judge_publication
judge_overlayfs || overlays=
case $SOURCE_TYPE in
  debian)
    judge_free_space $((2600 * MiB * $(wc -w <<<"$architectures")))
    row architecture "$architectures" ok
    judge_emulation
    row firmware "$FIRMWARE" ok
    ;;
  image | volume)
    if open_image; then
      input_bytes=$(source_bytes)
      judge_disk_size "$input_bytes"
      judge_free_space $((input_bytes * 2 + 512 * MiB))
      refused=$(refused_rows)
      judge_architecture "$SOURCE_ROOT" "$architectures"
      judge_emulation
      judge_system "$SOURCE_ROOT"
      judge_init "$SOURCE_ROOT"
      judge_firmware "$FIRMWARE"
      # What the fixes look at is there only in a system they know.
      if [[ -n $overlays && $(refused_rows) == "$refused" ]]; then judge_fixes; fi
    fi
    ;;
  *) fail "SOURCE_TYPE is '$SOURCE_TYPE'; allowed: debian, image, volume" ;;
esac

print_table
if [[ -n $(refused_rows) ]]; then
  refused_rows | sed 's/^/preflight: error: /' >&2
  exit 1
fi
stage_end path="$PLACE" inputBytes:="$input_bytes" outputBytes:=0 sha256= checks:="$(table_json)"
