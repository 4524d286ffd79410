#!/usr/bin/env bash
# Looks, before anything is made, at what would otherwise fail late. Every problem is told, not the first.
#
# Variables: WORK_DIR; BOX_NAME, BOX_VERSION, BOXES (JSON list of what the version is to have: [{"provider":
#   "virtualbox","architecture":"amd64"}]), RECIPE (digest of what they are made from), TOOL (the bundled
#   publisher), PUBLISH_DIR (folder of the catalogs) or PUBLISH_BUCKET, PUBLISH_PREFIX and AWS_REGION;
#   DISK_BYTES (size of the box's disk); SOURCE_TYPE: `debian`, or `image` with IMAGE and IMAGE_FORMAT (raw,
#   qcow2, vmdk, vpc).
# Needs: node, util-linux, jq, qemu-utils for images that are not raw; overlayfs; root.
# Makes nothing.
# Prints: {"stage":"preflight","seconds":0.4,"path":".../out","inputBytes":..,"outputBytes":0,"sha256":""}
#
# By hand:
#   WORK_DIR=/var/tmp/box PUBLISH_DIR=out BOX_NAME=debian BOX_VERSION=1.0.0 RECIPE=- DISK_BYTES=42949672960 \
#   BOXES='[{"provider":"virtualbox","architecture":"amd64"}]' TOOL=.ami2box/tools/publish.js \
#   SOURCE_TYPE=image IMAGE=/srv/disk.raw IMAGE_FORMAT=raw scripts/run-stage.sh preflight 300
source "$(dirname "${BASH_SOURCE[0]}")/../lib/stage.sh"
stage_begin preflight BOX_NAME BOX_VERSION BOXES RECIPE TOOL DISK_BYTES SOURCE_TYPE
source "$(dirname "${BASH_SOURCE[0]}")/../lib/image.sh"

MiB=$((1 << 20))
problems=()

# Whether the version is new, and whether boxes can be stored where they are to go.
check_publication() {
  local found
  found=$(node "$TOOL" check) || exit 1
  PLACE=$(jq -r .place <<<"$found")
  mapfile -t -O "${#problems[@]}" problems < <(jq -r '.problems[]' <<<"$found")
}

check_image_fits() {
  local used room
  used=$(df --block-size=1 --output=used "$SOURCE_ROOT" | tail -n 1)
  # The file system's own tables, its journal and some air: a tenth and 256 MiB.
  room=$((DISK_BYTES - DISK_BYTES / 10 - 256 * MiB))
  if ((used > room)); then
    problems+=("the image holds $((used / MiB)) MiB and a disk of $((DISK_BYTES / MiB)) MiB has room for $((room > 0 ? room / MiB : 0)) MiB; set box.diskGiB to $(((used * 10 / 9 + 512 * MiB) / (1024 * MiB) + 1)) or more")
  fi
  input_bytes=$used
}

# The raw disk, the changes and the box: what they take at most, for a content of so many bytes.
check_free_space() {
  local needed=$1 free
  free=$(df --block-size=1 --output=avail "$WORK_DIR" | tail -n 1)
  if ((free < needed)); then
    problems+=("$WORK_DIR has $((free / MiB)) MiB free and the box needs $((needed / MiB)) MiB; make room or set worker.workDirectory")
  fi
}

check_overlayfs() {
  mkdir "$STAGE_TMP"/{lower,upper,work,merged}
  if mount -t overlay overlay "$STAGE_TMP/merged" -o "lowerdir=$STAGE_TMP/lower,upperdir=$STAGE_TMP/upper,workdir=$STAGE_TMP/work" 2>>"$STAGE_LOG"; then
    umount "$STAGE_TMP/merged"
  else
    problems+=("overlayfs cannot be mounted in $WORK_DIR; set worker.workDirectory to a folder on ext4 or xfs")
  fi
}

input_bytes=0
check_publication
check_overlayfs
case $SOURCE_TYPE in
  debian) check_free_space $((2600 * MiB)) ;;
  image)
    require_variables IMAGE IMAGE_FORMAT
    attach_image "$IMAGE" "$IMAGE_FORMAT"
    mount_image_root
    check_image_fits
    check_free_space $((input_bytes * 2 + 512 * MiB))
    ;;
esac

if ((${#problems[@]} > 0)); then
  printf 'preflight: error: %s\n' "${problems[@]}" >&2
  exit 1
fi
stage_end path="$PLACE" inputBytes:="$input_bytes" outputBytes:=0 sha256=
