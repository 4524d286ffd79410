#!/usr/bin/env bash
# Makes or removes the folder that stages work in.
#
#   scripts/work-directory.sh make DIRECTORY      # refuses a folder that holds something else
#   scripts/work-directory.sh remove DIRECTORY    # refuses one that `make` did not make, or that is in use;
#                                                 # takes the folders above it too that `make` made, if empty
#
# Needs root, or sudo that asks for no password, to remove what stages left. Prints nothing.
set -Eeuo pipefail

action=${1:-}
directory=${2:?work-directory: give make or remove, and the folder}
# The stages' lock is also the mark of a folder of ours.
lock=$directory/.lock

case $action in
  make)
    made=$directory
    while [[ ! -e $(dirname "$made") ]]; do made=$(dirname "$made"); done
    new=
    [[ -e $directory ]] || new=1
    mkdir -p "$directory"
    if [[ ! -e $lock && -n $(ls -A "$directory") ]]; then
      echo "work-directory: $directory holds files of others; give an empty or a new folder" >&2
      exit 1
    fi
    # Which of the folders above it are ours too.
    if [[ -n $new ]]; then echo "$made" >"$lock"; else : >>"$lock"; fi
    ;;
  remove)
    [[ -d $directory ]] || exit 0
    if [[ ! -e $lock ]]; then
      echo "work-directory: $directory was not made for stages and is left alone; remove it by hand" >&2
      exit 1
    fi
    exec 9>>"$lock"
    if ! flock --nonblock 9; then
      echo "work-directory: a stage is at work in $directory; end it first" >&2
      exit 75
    fi
    as_root=()
    if [[ $EUID -ne 0 ]]; then as_root=(sudo --non-interactive); fi
    read -r made <"$lock" || made=$directory
    "${as_root[@]}" rm -rf --one-file-system "$directory"
    while [[ $directory != "$made" && $directory == "$made"/* ]]; do
      directory=$(dirname "$directory")
      rmdir --ignore-fail-on-non-empty "$directory" 2>/dev/null || break
    done
    ;;
  *)
    echo "work-directory: '$action' is not an action; allowed: make, remove" >&2
    exit 2
    ;;
esac
