#!/usr/bin/env bash
# Runs one provisioning script on the builder, as root, bounded in time, its chatter in a log file.
#
#   bash run-script.sh SCRIPT TIME_LIMIT_SECONDS
#
# Variables: those that SCRIPT names in its header; they are passed on.
# Needs: root, or sudo that asks for no password; coreutils.
# Prints: {"script":"common.sh","seconds":12}; on failure the end of the log, on stderr.
# Exit status: the script's; 124 when the limit was reached.
#
# By hand, on the builder:
#   AMI2BOX_MODE=live bash run-script.sh /tmp/ami2box-bake/provision/prepare.sh 600
set -Eeuo pipefail

if [[ $# -ne 2 || ! -f ${1:-} || ! ${2:-} =~ ^[0-9]+$ ]]; then
  echo "run-script: expected SCRIPT, a file, and TIME_LIMIT_SECONDS, got '$*'" >&2
  exit 2
fi
script=$1
limit=$2
name=$(basename "$script")

as_root=()
if [[ $EUID -ne 0 ]]; then as_root=(sudo --non-interactive --preserve-env); fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT

SECONDS=0
status=0
"${as_root[@]}" timeout --kill-after=30 "$limit" bash "$script" </dev/null >"$log" 2>&1 || status=$?
if [[ $status -ne 0 ]]; then
  # Cut to what a reader and the provider can take: no line over 64 KiB goes through it.
  tail -n 30 "$log" | cut -c1-1000 | sed 's/^/| /' >&2
  reason="ended with status $status"
  [[ $status -ne 124 && $status -ne 137 ]] || reason="ended after its time limit of $limit s"
  echo "bake: error: $name $reason" >&2
  exit "$status"
fi
printf '{"script":"%s","seconds":%d}\n' "$name" "$SECONDS"
