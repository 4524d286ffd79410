# shellcheck shell=bash disable=SC2034
# Commands that end in time; sourced after scripts/lib/stage.sh.
#
#   bounded 30 ssh ...          # status 124 when it took longer
#
# A shell answers a signal only once its foreground command has ended, but at once while it waits for
# one in the background; so that is where the command goes. It ends with the stage, even a killed one.
bounded() {
  local seconds=$1 status=0
  shift
  setpriv --pdeathsig TERM timeout --kill-after=2 "$seconds" "$@" <&0 &
  wait $! || status=$?
  return "$status"
}

# Waits without a process that could be left behind: a pipe of our own, in which nothing ever arrives.
exec {PAUSE_FD}<> <(:)
pause() {
  local nothing
  read -r -t "$1" -u "$PAUSE_FD" nothing || true
}

# Sets NOW to the seconds since the machine started: a clock that nobody sets.
monotonic_now() {
  read -r NOW _ </proc/uptime
}

# Prints the seconds between two readings, to a tenth.
seconds_between() {
  awk -v from="$1" -v to="$2" 'BEGIN { printf "%.1f", to - from }'
}
