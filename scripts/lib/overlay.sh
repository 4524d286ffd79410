# shellcheck shell=bash
# The source with our changes on top, without touching it; sourced after stage.sh.
#
#   open_source                      # from SOURCE_TYPE and its variables; sets SOURCE_ROOT, SOURCE_PARTS
#   mount_overlay CHANGES [BELOW]    # sets ROOT: the source, changes in BELOW on it, writes into CHANGES
#
# CHANGES and BELOW are folders with `root/` and one for each part of the tree that the source keeps apart,
# named by where it is mounted: `boot/`, `var%log/`.

# shellcheck source=image.sh
source "$(dirname "${BASH_SOURCE[0]}")/image.sh"
# shellcheck source=volume.sh
source "$(dirname "${BASH_SOURCE[0]}")/volume.sh"
# shellcheck source=image-root.sh
source "$(dirname "${BASH_SOURCE[0]}")/image-root.sh"

open_source() {
  case ${SOURCE_TYPE:-} in
    debian)
      require_variables SOURCE_TREE
      SOURCE_ROOT=$SOURCE_TREE SOURCE_PARTS=()
      ;;
    image)
      require_variables IMAGE IMAGE_FORMAT
      attach_image "$IMAGE" "$IMAGE_FORMAT" || fail "$IMAGE_PROBLEM"
      mount_image_root || fail "$IMAGE_PROBLEM; $IMAGE_REMEDY"
      ;;
    volume)
      require_variables VOLUME_ID
      find_volume "$VOLUME_ID" "${VOLUME_DEVICE:-}"
      attach_image "$VOLUME_DISK" raw
      mount_image_root || fail "$IMAGE_PROBLEM; $IMAGE_REMEDY"
      ;;
    *) fail "SOURCE_TYPE is '${SOURCE_TYPE:-}'; allowed: debian, image, volume" ;;
  esac
}

mount_overlay() {
  local changes=$1 below=${2:-} part point
  ROOT=$STAGE_TMP/merged
  mkdir -p "$ROOT"
  overlay_at "$ROOT" "$SOURCE_ROOT" "$changes" root "$below"
  for part in "${SOURCE_PARTS[@]}"; do
    point=${part%%=*}
    mkdir -p "$ROOT$point"
    part=${part#*=}
    point=${point#/}
    overlay_at "$ROOT/$point" "$part" "$changes" "${point//\//%}" "$below"
  done
}

overlay_at() {
  local at=$1 source=$2 changes=$3 part=$4 below=$5 lower
  lower=$source
  [[ -z $below ]] || lower=$below/$part:$source
  mkdir -p "$changes/$part" "$STAGE_TMP/overlay-work/$part"
  # A change must be a whole copy in CHANGES, whatever the kernel's defaults: no redirects, no
  # metadata-only copies, no index that ties CHANGES to one mount of the source.
  mount -t overlay overlay "$at" -o \
    "lowerdir=$lower,upperdir=$changes/$part,workdir=$STAGE_TMP/overlay-work/$part,redirect_dir=off,metacopy=off,index=off" ||
    fail "overlayfs could not be mounted over $source; the work directory $WORK_DIR must stand on a file system such as ext4 or xfs"
  defer umount "$at"
}
