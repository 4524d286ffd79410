# shellcheck shell=bash
# What the boot proof leaves in OUT_DIR, also when it fails; sourced by scripts/stages/boot-proof.sh.

# Yesterday's evidence must not pass for today's. The guests end before the log is handed over.
evidence_begin() {
  rm -f "$OUT_DIR"/console.{png,ppm,txt} "$OUT_DIR"/checks.{tap,json} "$OUT_DIR"/{journal.txt,boot-proof.log}
  SCREENSHOT=
  defer cp "$STAGE_LOG" "$OUT_DIR/boot-proof.log"
  defer end_everything
}

# Nothing that was started outlives the stage.
end_everything() {
  qemu_kill_all
  # shellcheck disable=SC2046 # one word a process
  kill $(jobs -p) 2>/dev/null || true
  wait || true
}

# Moves a finished file into OUT_DIR under its own name, whole or not at all.
keep() {
  local file=$1 name=${2:-$(basename "$1")}
  cp "$file" "$OUT_DIR/.$name.new" && mv "$OUT_DIR/.$name.new" "$OUT_DIR/$name"
}

# The screen of a machine that runs; sets SCREENSHOT, or leaves it empty.
keep_screen() {
  qemu_screenshot "$1" "$STAGE_TMP/console"
  [[ -n $QEMU_SCREEN ]] || return 0
  keep "$QEMU_SCREEN"
  SCREENSHOT=$OUT_DIR/$(basename "$QEMU_SCREEN")
}

# After a failure: the screen's words when it has any, and the journal's end when SSH works.
keep_traces() {
  local name=$1
  if qemu_running "$name" && qemu_text_screen "$name" "$STAGE_TMP/console.txt"; then
    keep "$STAGE_TMP/console.txt"
  fi
  if [[ -e $STAGE_TMP/$name/ssh-at ]] && qemu_running "$name" &&
    ssh_guest "$name" "$SSH_LOGIN" 30 'sudo -n journalctl --no-pager -n 100' \
      </dev/null >"$STAGE_TMP/journal.txt" 2>>"$STAGE_LOG"; then
    keep "$STAGE_TMP/journal.txt"
  fi
}

# Ends the proof early: the failed check, the traces, the line of JSON and the reason.
give_up() {
  local name=$1 failed=$2 reason=$3
  check failed "$failed" "$reason"
  if qemu_running "$name"; then
    keep_screen "$name"
    [[ -z $SCREENSHOT ]] || reason+="; the screen at that time is in $SCREENSHOT"
    keep_traces "$name"
  fi
  cat "$STAGE_TMP/$name/qemu.log" "$STAGE_TMP/$name/ssh.log" >>"$STAGE_LOG" 2>/dev/null || true
  write_result
  fail "$reason"
}

# The checks' files and the stage's line of JSON.
write_result() {
  local count bytes sha
  mkdir -p "$STAGE_TMP/result"
  checks_write "$STAGE_TMP/result"
  keep "$STAGE_TMP/result/checks.json"
  keep "$STAGE_TMP/result/checks.tap"
  count=$(checks_count)
  bytes=$(stat -c %s "$BOX")
  sha=$(sha256sum <"$BOX")
  stage_end ok:="$(jq '.failed == 0' <<<"$count")" path="$BOX" inputBytes:="$bytes" \
    outputBytes:="$bytes" sha256="${sha%% *}" accel="$QEMU_ACCEL" firmware="$FIRMWARE" \
    secondsToSsh:="${SSH_SECONDS[a]:-null}" secondsToSshClone:="${SSH_SECONDS[b]:-null}" \
    cpus:="$CPUS" memoryMib:="$MEMORY_MIB" checks:="$count" screenshot="$SCREENSHOT"
}

report_and_end() {
  local failed
  failed=$(checks_failed_names)
  write_result
  [[ -z $failed ]] || fail "failed checks: $failed; see $OUT_DIR/checks.json"
}
