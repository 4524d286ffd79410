# shellcheck shell=bash
# What every stage has in common; sourced by scripts/stages/*.sh, never run by itself.
#
#   source "$(dirname "${BASH_SOURCE[0]}")/../lib/stage.sh"
#   stage_begin raw-disk DISK_BYTES FS_UUID     # names the stage, checks its variables
#   defer umount "$STAGE_TMP/root"              # undone last in, first out, however the stage ends
#   run mkfs.ext4 ...                           # chatter to the log file; fails with the log's end
#   run_named "your a.sh" in_image /run/a.sh    # the same, told by that name
#   progress "copying files"                    # one line on stderr
#   stage_end path="$out" inputBytes=1 ...      # the line of JSON the next stage is fed with
#
# stage_begin sets STAGE (name), STAGE_TMP (private temporary folder inside WORK_DIR) and STAGE_LOG.

set -Eeuo pipefail
shopt -s inherit_errexit

deferred=()

# Remembers a command to be run when the stage ends.
defer() {
  deferred+=("$(printf '%q ' "$@")")
}

run_deferred() {
  local index
  for ((index = ${#deferred[@]} - 1; index >= 0; index--)); do
    eval "${deferred[index]}" >>"$STAGE_LOG" 2>&1 || true
  done
  deferred=()
}

# Removes the private folder, and whatever is still mounted in it, last mounted first.
remove_stage_folder() {
  local at
  while read -r at; do
    umount --lazy "$at"
  done < <(awk -v below="$STAGE_TMP/" 'index($2, below) == 1 { print $2 }' /proc/self/mounts | tac)
  rm -rf --one-file-system "$STAGE_TMP"
}

# Ends the stage with one sentence for the user.
fail() {
  echo "$STAGE: error: $*" >&2
  exit 1
}

progress() {
  echo "$STAGE: $*" >&2
}

# Names every variable that is missing, not only the first.
require_variables() {
  local name missing=()
  for name in "$@"; do
    [[ -n ${!name:-} ]] || missing+=("$name")
  done
  if ((${#missing[@]} > 0)); then
    echo "$STAGE: error: needed variables that are not set: ${missing[*]}; see the header of scripts/stages/$STAGE.sh" >&2
    exit 2
  fi
}

stage_begin() {
  STAGE=$1
  shift
  require_variables WORK_DIR "$@"
  STAGE_STARTED=$EPOCHREALTIME
  STAGE_LOG=$WORK_DIR/logs/$STAGE.log
  mkdir -p "$WORK_DIR/logs"
  : >"$STAGE_LOG"
  # A stage that was killed could not remove its folder; no other stage is at work here now.
  rm -rf --one-file-system "$WORK_DIR"/.tmp.*
  STAGE_TMP=$(mktemp -d "$WORK_DIR/.tmp.$STAGE.XXXXXX")
  defer remove_stage_folder
  trap run_deferred EXIT
  trap 'exit 143' TERM
  trap 'exit 130' INT
  trap 'exit 129' HUP
  progress "started"
}

# Runs a command with its chatter in the log; its failure is the stage's, with the log's last lines.
run() {
  run_named "$1" "$@"
}

# The same, with what people call the command before it.
run_named() {
  local subject=$1 status=0
  shift
  printf '+ %s\n' "$*" >>"$STAGE_LOG"
  "$@" >>"$STAGE_LOG" 2>&1 || status=$?
  if ((status != 0)); then
    tail -n 15 "$STAGE_LOG" | cut -c1-400 | sed 's/^/  | /' >&2
    fail "$subject failed with status $status; the whole log is $STAGE_LOG"
  fi
}

seconds_since() {
  awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.1f", to - from }'
}

# Prints the stage's line of JSON from key=value pairs; numbers and true/false stand bare. A value that
# is JSON itself is given as key:=value.
stage_end() {
  local pair key seconds fields=()
  seconds=$(seconds_since "$STAGE_STARTED")
  for pair in "$@"; do
    key=${pair%%[:=]*}
    if [[ $pair == "$key":=* ]]; then
      fields+=("--argjson" "$key" "${pair#*:=}")
    else
      fields+=("--arg" "$key" "${pair#*=}")
    fi
  done
  jq -cn --arg stage "$STAGE" --argjson seconds "$seconds" "${fields[@]}" '$ARGS.named'
  progress "done in $seconds s"
}

# Adds up the bytes of a folder's files, as they stand on disk.
bytes_used() {
  du -s --block-size=1 "$1" | cut -f1
}

# mount_writable DISK OFFSET FOLDER: mounts the ext4 that begins at a byte of a disk file. `mount -o loop` may
# mount it read-only without a word, on a loop device that has shown something read-only before (seen with
# Linux 6.18). The device goes with the mount, even when the stage is killed.
mount_writable() {
  local loop
  loop=$(losetup --find --show --offset "$2" "$1")
  if ! blockdev --setrw "$loop" || ! mount -t ext4 "$loop" "$3"; then
    losetup --detach "$loop"
    return 1
  fi
  # One that is in use is detached when it is no more.
  losetup --detach "$loop"
}

# Renames over what is there; a folder cannot be replaced by a rename alone.
replace() {
  rm -rf --one-file-system "$2"
  mv -T "$1" "$2"
}

# A digest of a folder's content: names, kinds, modes, owners, sizes and the files' bytes.
tree_digest() {
  (
    cd "$1"
    find . -printf '%p %y %m %U:%G %s %l\n' | LC_ALL=C sort
    find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum | LC_ALL=C sort -k2
  ) | sha256sum | cut -d' ' -f1
}
