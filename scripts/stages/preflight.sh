#!/usr/bin/env bash
# Looks, before anything is made, at what would otherwise fail late. Every problem is told, not the first.
#
# Variables: WORK_DIR; PUBLISH_DIR (folder of the catalogs), BOX_NAME, BOX_VERSION, RECIPE (digest of what the
# box is made from), DISK_BYTES (size of the box's disk), SOURCE_TYPE: `debian`, or `image` with IMAGE and
# IMAGE_FORMAT (raw, qcow2, vmdk, vpc).
# Needs: util-linux, jq, qemu-utils for images that are not raw; overlayfs; root.
# Makes nothing.
# Prints: {"stage":"preflight","seconds":0.4,"path":".../out","inputBytes":..,"outputBytes":0,"sha256":""}
#
# By hand:
#   WORK_DIR=/var/tmp/box PUBLISH_DIR=out BOX_NAME=debian BOX_VERSION=1.0.0 RECIPE=- DISK_BYTES=42949672960 \
#   SOURCE_TYPE=image IMAGE=/srv/disk.raw IMAGE_FORMAT=raw scripts/run-stage.sh preflight 300
source "$(dirname "${BASH_SOURCE[0]}")/../lib/stage.sh"
stage_begin preflight PUBLISH_DIR BOX_NAME BOX_VERSION RECIPE DISK_BYTES SOURCE_TYPE
source "$(dirname "${BASH_SOURCE[0]}")/../lib/image.sh"

MiB=$((1 << 20))
problems=()

# A version that a crash kept from the catalog may be made again from the same inputs: that mends it.
check_version_is_new() {
  local box_dir=$PUBLISH_DIR/$BOX_NAME same='' listed=''
  local version_dir=$box_dir/$BOX_VERSION
  [[ -e $version_dir ]] || return 0
  [[ $(jq -r '.recipe // empty' "$version_dir/report.json" 2>/dev/null) != "$RECIPE" ]] || same=1
  if jq -e --arg version "$BOX_VERSION" 'any(.versions[]; .version == $version)' "$box_dir/catalog.json" >/dev/null 2>&1; then
    listed=1
  fi
  if [[ -z $same ]]; then
    problems+=("$BOX_NAME $BOX_VERSION is published already, from other inputs, in $version_dir; choose another version, as published ones never change")
  elif [[ -n $listed ]]; then
    problems+=("$BOX_NAME $BOX_VERSION is published already, from the same inputs, in $version_dir; there is nothing to do")
  fi
}

# Written to for real: permissions alone do not tell of a read-only file system.
check_folder_is_writable() {
  local existing probe
  existing=$(realpath --canonicalize-missing "$PUBLISH_DIR")
  while [[ ! -e $existing ]]; do existing=$(dirname "$existing"); done
  if probe=$(mktemp -d "$existing/.ami2box.XXXXXX" 2>>"$STAGE_LOG"); then
    rmdir "$probe"
  else
    problems+=("$existing cannot be written to; give another folder for the boxes")
  fi
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
check_version_is_new
check_folder_is_writable
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
stage_end path="$PUBLISH_DIR" inputBytes:="$input_bytes" outputBytes:=0 sha256=
