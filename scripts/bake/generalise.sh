#!/usr/bin/env bash
# Last script on the builder: takes away what belongs to this machine and what the bake brought, and
# writes everything to the disk, so that the snapshot taken next holds it.
#
# Variables: BAKE_DIRECTORY, the folder of the bake's own files, which goes; BAKED_MARK, a file that tells the
# builder's next boot, which the snapshot brings about, that nothing is left to do.
# Needs: root. Runs provision/cleanup.sh of the folder; no further login is possible afterwards.
# Prints: what cleanup.sh prints.
set -Eeuo pipefail

missing=()
for name in BAKE_DIRECTORY BAKED_MARK; do [[ -n ${!name:-} ]] || missing+=("$name"); done
if [[ ${#missing[@]} -gt 0 ]]; then
  echo "generalise: not set: ${missing[*]}; these variables must be given" >&2
  exit 2
fi
if [[ ! -f $BAKE_DIRECTORY/provision/cleanup.sh ]]; then
  echo "generalise: $BAKE_DIRECTORY holds no provision/cleanup.sh; give the folder the bake was copied to" >&2
  exit 2
fi

AMI2BOX_MODE=live bash "$BAKE_DIRECTORY/provision/cleanup.sh"
mkdir -p "$(dirname "$BAKED_MARK")"
: >"$BAKED_MARK"
rm -rf "$BAKE_DIRECTORY"
sync
