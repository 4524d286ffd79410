# shellcheck shell=bash
# How the routes of the benchmark tell what each step took; sourced by them.
#
#   step copy cp -a "$source/." "$disk"     # runs it; adds `copy SECONDS` to STEPS
#
# Variables: STEPS (file that the lines are added to).

set -Eeuo pipefail
shopt -s inherit_errexit

: "${STEPS:?STEPS must name the file for the steps}"

step() {
  local name=$1 began=$EPOCHREALTIME
  shift
  "$@" </dev/null >&2
  awk -v name="$name" -v from="$began" -v to="$EPOCHREALTIME" \
    'BEGIN { printf "%s %.2f\n", name, to - from }' >>"$STEPS"
}

# A loop device outlives the mount namespace of a route that fails.
release_disk() {
  [[ -z ${disk:-} ]] || losetup --detach "$disk" 2>/dev/null || true
}
trap release_disk EXIT

# Mounts the root partition of the source disk, read-only, as both of the other routes begin.
mount_source() {
  mkdir -p "$WORK/source"
  mount -o ro,noload,loop,offset=1048576 "$SOURCE_DISK" "$WORK/source"
}
