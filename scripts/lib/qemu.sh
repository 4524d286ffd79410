# shellcheck shell=bash disable=SC2034
# Virtual machines with VirtualBox's devices; sourced after scripts/lib/stage.sh and bounded.sh.
#
#   qemu_choose_accelerator auto                     # sets QEMU_ACCEL to kvm or tcg
#   qemu_start a amd64 2 2048 "$blockdev" nat 08:00:27:00:00:0a   # sets QEMU_PID[a], QEMU_PORT[a]
#   qmp a query-status; echo "$QMP_REPLY"
#   qemu_screenshot a "$folder/console"              # sets QEMU_SCREEN to console.png or console.ppm
#   qemu_kill_all                                    # for the stage's end: none survives it
#
# Each machine has the folder $STAGE_TMP/NAME. Its control channel (QMP) is a pair of named pipes, which
# a shell reads and writes without another tool.

declare -gA QEMU_PID=() QEMU_PORT=() QMP_IN=() QMP_OUT=()
QMP_SERIAL=0

# One row an architecture: the program and the machine as VirtualBox shows it to such a guest. TCG's
# `max` stands for the host's own CPU, which VirtualBox passes on, without the protections that cost time
# to emulate (an eighth of the boot) and that no guest asks for.
qemu_machine() {
  local arch=$1
  case $arch in
    amd64)
      QEMU_PROGRAM=qemu-system-x86_64
      QEMU_MACHINE=(-machine pc -vga std -device "ahci,id=sata" -device "ide-hd,drive=disk,bus=sata.0")
      QEMU_NIC=e1000
      if [[ $QEMU_ACCEL == kvm ]]; then
        QEMU_CPU=(-accel kvm -cpu host)
      else
        QEMU_CPU=(-accel "tcg,thread=multi" -cpu "max,la57=off,pku=off,smap=off,smep=off,umip=off")
      fi
      ;;
    *) return 1 ;;
  esac
}

# Sets QEMU_ACCEL. /dev/kvm may exist and open and yet hang every guest, so a guest must really run: a
# boot sector of four instructions that writes 0x31 to QEMU's debug exit port, which ends QEMU with
# status 0x31 * 2 + 1. It takes 0.2 s where guests run. The probe has the machine's own CPU model: KVM
# inside another virtual machine may run QEMU's default model and abort on the host's.
qemu_choose_accelerator() {
  local wanted=$1 sector=$STAGE_TMP/probe.img status=0
  QEMU_ACCEL=tcg
  [[ $wanted != tcg ]] || return 0
  if [[ -w /dev/kvm ]]; then
    QEMU_ACCEL=kvm qemu_machine amd64
    # mov al,0x31; out 0xf4,al; hlt; jmp to hlt
    printf '\xb0\x31\xe6\xf4\xf4\xeb\xfd' >"$sector"
    truncate -s 510 "$sector"
    printf '\x55\xaa' >>"$sector"
    bounded 3 qemu-system-x86_64 "${QEMU_CPU[@]}" -machine pc -smp 2 -m 32 -nodefaults -display none \
      -device "isa-debug-exit,iobase=0xf4,iosize=1" \
      -blockdev "driver=file,node-name=probe,filename=${sector//,/,,}" \
      -device "ide-hd,drive=probe" >>"$STAGE_LOG" 2>&1 || status=$?
    if ((status == 99)); then
      QEMU_ACCEL=kvm
    fi
    echo "KVM probe: status $status, so $QEMU_ACCEL" >>"$STAGE_LOG"
  fi
  if [[ $wanted == kvm && $QEMU_ACCEL != kvm ]]; then
    fail "ACCEL is kvm, but no guest runs with it on this machine; use auto or tcg"
  fi
}

# Starts machine NAME and waits for its control channel. The forwarded port is the kernel's choice, so
# that no other program can take it first. Fails the stage with QEMU's own words.
qemu_start() {
  local name=$1 arch=$2 cpus=$3 memory=$4 blockdev=$5 network=$6 mac=$7
  local dir=$STAGE_TMP/$name command fd net="user,id=nat,hostfwd=tcp:127.0.0.1:0-:22"
  qemu_machine "$arch"
  [[ $network == nat ]] || net+=",restrict=on"
  mkdir -p "$dir"
  mkfifo "$dir/qmp.in" "$dir/qmp.out"
  command=("$QEMU_PROGRAM" -name "$name" -no-user-config -nodefaults -display none "${QEMU_CPU[@]}"
    "${QEMU_MACHINE[@]}" -smp "$cpus" -m "$memory" -rtc base=utc
    -blockdev "$blockdev" -netdev "$net" -device "$QEMU_NIC,netdev=nat,mac=$mac"
    -chardev "pipe,id=qmp,path=${dir//,/,,}/qmp" -mon "chardev=qmp,mode=control")
  printf '+ %s\n' "${command[*]}" >>"$STAGE_LOG"
  setpriv --pdeathsig KILL "${command[@]}" </dev/null >"$dir/qemu.log" 2>&1 &
  QEMU_PID[$name]=$!
  exec {fd}<>"$dir/qmp.in"
  QMP_IN[$name]=$fd
  exec {fd}<>"$dir/qmp.out"
  QMP_OUT[$name]=$fd
  if ! qmp "$name" qmp_capabilities ||
    ! qmp "$name" human-monitor-command '{"command-line":"info usernet"}' ||
    [[ ! $QMP_REPLY =~ HOST_FORWARD][^.]*127\.0\.0\.1\ +([0-9]+) ]]; then
    cat "$dir/qemu.log" >>"$STAGE_LOG"
    fail "QEMU did not start: $(tail -n 1 "$dir/qemu.log" | cut -c1-400)"
  fi
  QEMU_PORT[$name]=${BASH_REMATCH[1]}
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
