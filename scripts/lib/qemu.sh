# shellcheck shell=bash disable=SC2034
# Virtual machines with a provider's devices; sourced after scripts/lib/stage.sh and bounded.sh.
#
#   qemu_choose_accelerator auto amd64 2             # sets QEMU_ACCEL to kvm or tcg
#   qemu_start a amd64 2 2048 "$blockdev" nat 08:00:27:00:00:0a bios   # sets QEMU_PID[a], QEMU_PORT[a]
#   qmp a query-status; echo "$QMP_REPLY"
#   qemu_screenshot a "$folder/console"              # sets QEMU_SCREEN to console.png or console.ppm
#   qemu_kill_all                                    # for the stage's end: none survives it
#
# Each machine has the folder $STAGE_TMP/NAME. Its control channel (QMP) is a pair of named pipes, which
# a shell reads and writes without another tool.

declare -gA QEMU_PID=() QEMU_PORT=() QMP_IN=() QMP_OUT=()
QMP_SERIAL=0

# shellcheck source=qemu-machine.sh
source "$(dirname "${BASH_SOURCE[0]}")/qemu-machine.sh"

# Sets QEMU_ACCEL. /dev/kvm may exist and open, and yet hang its guests, abort QEMU, or run ten times
# slower than TCG (all seen on machines that are virtual themselves). So a small guest must run under KVM
# with the machine's own CPU, and not take twice as long as under TCG.
qemu_choose_accelerator() {
  local wanted=$1 arch=$2 cpus=$3 limit
  QEMU_ACCEL=tcg
  [[ $wanted != tcg ]] || return 0
  # The guest of the probe is one for x86.
  if [[ -w /dev/kvm && $arch == amd64 ]] && qemu_native "$arch" && qemu_probe tcg "$arch" "$cpus" 20; then
    limit=$(awk -v tcg="$PROBE_SECONDS" 'BEGIN { print 2 * tcg + 0.2 }')
    if qemu_probe kvm "$arch" "$cpus" "$limit"; then
      QEMU_ACCEL=kvm
      return
    fi
  fi
  QEMU_ACCEL=tcg
  [[ $wanted == auto ]] ||
    fail "ACCEL is kvm, but KVM runs no guest here, or none faster than TCG does; use auto or tcg"
}

# Runs a boot sector that waits for four ticks of the timer (0.2 s: interrupts must arrive) and then writes
# 0x31 to QEMU's debug exit port, which ends QEMU with status 0x31 * 2 + 1. Sets PROBE_SECONDS. Status 0
# when the guest got there.
qemu_probe() {
  local arch=$2 cpus=$3 limit=$4 sector=$STAGE_TMP/probe.img status=0 begun
  QEMU_ACCEL=$1
  qemu_machine "$arch"
  {
    printf '\x31\xc0\x8e\xd8\xfb'      # xor ax,ax; mov ds,ax; sti
    printf '\x8b\x1e\x6c\x04\x83\xc3\x04' # mov bx,[0x46c]; add bx,4
    printf '\xf4\x8b\x0e\x6c\x04'      # wait: hlt; mov cx,[0x46c]
    printf '\x29\xd9\x78\xf7'          # sub cx,bx; js wait
    printf '\xb0\x31\xe6\xf4\xeb\xfe'  # mov al,0x31; out 0xf4,al; jmp to itself
  } >"$sector"
  truncate -s 510 "$sector"
  printf '\x55\xaa' >>"$sector"
  # The firmware starts nothing from a disk of one sector.
  truncate -s 1M "$sector"
  monotonic_now
  begun=$NOW
  bounded "$limit" "$QEMU_PROGRAM" "${QEMU_CPU[@]}" "${QEMU_MACHINE[@]}" -smp "$cpus" -m 64 \
    -no-user-config -nodefaults -display none -device "isa-debug-exit,iobase=0xf4,iosize=1" \
    -blockdev "driver=file,node-name=disk,filename=${sector//,/,,}" >>"$STAGE_LOG" 2>&1 || status=$?
  monotonic_now
  PROBE_SECONDS=$(seconds_between "$begun" "$NOW")
  echo "probe of $QEMU_ACCEL: status $status after $PROBE_SECONDS s" >>"$STAGE_LOG"
  ((status == 99))
}

# Starts machine NAME and waits for its control channel. The forwarded port is the kernel's choice, so
# that no other program can take it first. Fails the stage with QEMU's own words.
qemu_start() {
  local name=$1 arch=$2 cpus=$3 memory=$4 blockdev=$5 network=$6 mac=$7 firmware=$8
  local dir=$STAGE_TMP/$name command fd net="user,id=nat,hostfwd=tcp:127.0.0.1:0-:22"
  qemu_machine "$arch"
  [[ $network == nat ]] || net+=",restrict=on"
  mkdir -p "$dir"
  mkfifo "$dir/qmp.in" "$dir/qmp.out"
  qemu_firmware "$arch" "$firmware" "$dir"
  command=("$QEMU_PROGRAM" -name "$name" -no-user-config -nodefaults -display none "${QEMU_CPU[@]}"
    "${QEMU_MACHINE[@]}" "${QEMU_FIRMWARE[@]}" -smp "$cpus" -m "$memory" -rtc base=utc
    -blockdev "$blockdev" -netdev "$net" -device "$QEMU_NIC,netdev=nat,mac=$mac"
    # A second card, as Vagrant adds one for a private network; nobody is on it but its own gateway.
    -netdev "user,id=private,restrict=on,net=192.168.56.0/24" -device "$QEMU_NIC,netdev=private,mac=${mac/:00:00:/:01:00:}"
    -chardev "pipe,id=qmp,path=${dir//,/,,}/qmp" -mon "chardev=qmp,mode=control")
  printf '+ %s\n' "${command[*]}" >>"$STAGE_LOG"
  setpriv --pdeathsig KILL "${command[@]}" </dev/null >"$dir/qemu.log" 2>&1 &
  QEMU_PID[$name]=$!
  exec {fd}<>"$dir/qmp.in"
  QMP_IN[$name]=$fd
  exec {fd}<>"$dir/qmp.out"
  QMP_OUT[$name]=$fd
  # The shell would comment on a QEMU that crashes; its own last line says more.
  if ! qemu_find_port "$name" 2>>"$STAGE_LOG"; then
    cat "$dir/qemu.log" >>"$STAGE_LOG"
    # It repeats its whole argument before it says what is wrong with it.
    fail "QEMU did not start: $(tail -n 1 "$dir/qemu.log" | sed -E 's/^qemu-[^:]*: //; s/^-blockdev .*\}: //' | cut -c1-400)"
  fi
}

qemu_find_port() {
  qmp "$1" qmp_capabilities && qmp "$1" human-monitor-command '{"command-line":"info usernet"}' || return
  [[ $QMP_REPLY =~ HOST_FORWARD][^.]*127\.0\.0\.1\ +([0-9]+) ]] || return
  QEMU_PORT[$1]=${BASH_REMATCH[1]}
}

qemu_running() {
  [[ -n ${QEMU_PID[$1]:-} ]] && kill -0 "${QEMU_PID[$1]}" 2>/dev/null
}

# Sends one command (with its arguments as JSON) and puts the answer's line into QMP_REPLY. Events and
# late answers to earlier commands are told apart by the command's number. Status 1: an error, no
# answer in 20 s, or no such machine any more.
qmp() {
  local name=$1 execute=$2 arguments='{}' line='' part deadline=$((SECONDS + 20))
  [[ $# -lt 3 ]] || arguments=$3
  QMP_SERIAL=$((QMP_SERIAL + 1))
  QMP_REPLY=
  printf '{"execute":"%s","arguments":%s,"id":%d}\n' "$execute" "$arguments" "$QMP_SERIAL" \
    >&"${QMP_IN[$name]}"
  while ((SECONDS < deadline)) && qemu_running "$name"; do
    if ! read -r -t 1 -u "${QMP_OUT[$name]}" part; then
      line+=$part
      continue
    fi
    line+=$part
    if [[ $line == *"\"id\": $QMP_SERIAL"[,\}]* ]]; then
      QMP_REPLY=$line
      [[ $line != *'"error": {'* ]] || echo "QMP: $line" >>"$STAGE_LOG"
      [[ $line == *'"return": '* ]]
      return
    fi
    line=
  done
  return 1
}

# Takes the screen as STEM.png and names it in QEMU_SCREEN (empty when there is none to be had). QEMU
# older than 7.1 writes only PPM, which stays PPM where pnmtopng is missing.
qemu_screenshot() {
  local name=$1 stem=$2
  QEMU_SCREEN=
  if qmp "$name" screendump "$(jq -cn --arg f "$stem.png" '{filename: $f, format: "png"}')"; then
    QEMU_SCREEN=$stem.png
  elif qmp "$name" screendump "$(jq -cn --arg f "$stem.ppm" '{filename: $f}')"; then
    QEMU_SCREEN=$stem.ppm
    if command -v pnmtopng >/dev/null && pnmtopng "$stem.ppm" >"$stem.png" 2>>"$STAGE_LOG"; then
      rm -f "$stem.ppm"
      QEMU_SCREEN=$stem.png
    fi
  fi
}

# Writes the screen's words to FILE. Only a screen in text mode has any: the firmware, a boot loader, or
# a kernel before its graphics driver. Status 1 when the screen is a picture.
qemu_text_screen() {
  local name=$1 file=$2 memory=$STAGE_TMP/$1/text-screen
  # 0xb8000, 80 by 25 cells of a character and its colours.
  qmp "$name" pmemsave "$(jq -cn --arg f "$memory" '{val: 753664, size: 4000, filename: $f}')" || return 1
  od -An -v -tu1 -w160 "$memory" | awk '
    { text = ""
      for (i = 1; i <= NF; i += 2) {
        if ($i >= 32 && $i < 127) { text = text sprintf("%c", $i); if ($i > 32) words++ }
        else if ($i != 0) strange++
        else text = text " "
      }
      sub(/ +$/, "", text)
      lines[NR] = text
      if (text != "") last = NR
    }
    END { if (words == 0 || strange > words) exit 1
      for (i = 1; i <= last; i++) print lines[i] }' >"$file"
}

# Ends one machine without asking its guest: what it wrote is thrown away.
qemu_quit() {
  local name=$1
  if qemu_running "$name"; then
    qmp "$name" quit || kill -KILL "${QEMU_PID[$name]}" 2>/dev/null || true
    qemu_wait_end "$name" 5 || kill -KILL "${QEMU_PID[$name]}" 2>/dev/null || true
  fi
}

# Status 0 as soon as the machine has ended, 1 after SECONDS.
qemu_wait_end() {
  local name=$1 deadline=$((SECONDS + $2))
  while qemu_running "$name"; do
    ((SECONDS < deadline)) || return 1
    pause 0.2
  done
}

qemu_kill_all() {
  local pid
  for pid in "${QEMU_PID[@]}"; do
    kill -KILL "$pid" 2>/dev/null || true
  done
}
