#!/usr/bin/env bash
# Runs one stage of the chain so that nothing of it can outlive it.
#
#   scripts/run-stage.sh STAGE TIME_LIMIT_SECONDS
#
# The stage gets a mount namespace and a process namespace of its own: whatever it mounts, attaches or
# starts ends with it, even when it is killed. One stage at a time works in a work directory. A stage
# that takes longer than its limit is ended, and killed half a minute later if it does not go.
#
# Needs: WORK_DIR (where artifacts stand) and what the stage names in its own header; util-linux; root,
# or sudo that asks for no password.
#
# By hand, from the project folder:
#   WORK_DIR=/var/tmp/box SUITE=bookworm ... scripts/run-stage.sh bootstrap 1200
#
# Prints what the stage prints: one line of JSON on stdout, progress on stderr. Exit status: the stage's;
# 124 when the limit was reached.
set -Eeuo pipefail

if [[ $# -ne 2 || ! $2 =~ ^[0-9]+$ ]]; then
  echo "run-stage: expected STAGE and TIME_LIMIT_SECONDS, got '$*'" >&2
  exit 2
fi
stage=$1
limit=$2
script="$(dirname "${BASH_SOURCE[0]}")/stages/$stage.sh"
if [[ ! -f $script ]]; then
  echo "run-stage: there is no stage '$stage': $script does not exist" >&2
  exit 2
fi
: "${WORK_DIR:?run-stage: WORK_DIR must name the folder the artifacts stand in}"

as_root=()
if [[ $EUID -ne 0 ]]; then
  as_root=(sudo --non-interactive --preserve-env)
fi

mkdir -p "$WORK_DIR"
# Appended to: what made the folder keeps a word in the file.
exec 9>>"$WORK_DIR/.lock"
if ! flock --wait 60 9; then
  echo "$stage: error: another stage has been working in $WORK_DIR for a minute; wait for it or end it" >&2
  exit 75
fi

# The descriptor of the lock stays with this shell: a process the stage leaves behind must not hold it.
# `timeout` leads a process group of its own, which a signal to ours does not reach: it is passed on while
# this shell lives, and sent by the kernel when it is killed.
"${as_root[@]}" setpriv --pdeathsig=TERM timeout --kill-after=30 "$limit" \
  unshare --mount --propagation private --pid --fork --kill-child=KILL --mount-proc \
  bash "$script" 9>&- &
running=$!
trap '"${as_root[@]}" kill -TERM "$running" || true' INT TERM HUP

status=0
wait "$running" || status=$?
# A signal ends the waiting, not the stage.
while [[ -n $(jobs -pr) ]]; do
  status=0
  wait "$running" || status=$?
done
if [[ $status -eq 124 || $status -eq 137 ]]; then
  echo "$stage: error: ended after its time limit of $limit s, or killed; give it more time or see $WORK_DIR/logs/$stage.log" >&2
fi
exit "$status"
