# shellcheck shell=bash
# The steps of the boot proof, each about a running clone; sourced by scripts/stages/boot-proof.sh.

declare -gA SSH_SECONDS=() STARTED_AT=()

# Starts one clone on an overlay of its own, which takes what the guest writes and is thrown away, and
# knocks at its SSH from then on.
start_clone() {
  local name=$1 cpus=$2 mac=$3 firmware=$4 dir=$STAGE_TMP/$1
  mkdir -p "$dir"
  run qemu-img create -q -f qcow2 "$dir/overlay.qcow2" "$DISK_CAPACITY"
  monotonic_now
  STARTED_AT[$name]=$NOW
  qemu_start "$name" "$BOX_ARCH" "$cpus" "$MEMORY_MIB" "$(disk_blockdev "$dir/overlay.qcow2")" \
    "$NETWORK" "$mac" "$firmware"
  ssh_knock "$name" "$BOOT_TIMEOUT" "$SSH_LOGIN" &
}

# The overlay, on the disk image, on the part of the archive where it stands; between them the layer with the key,
# once there is one. Nothing needs to survive a crash of this machine, so no write is flushed.
disk_blockdev() {
  jq -cn --arg overlay "$1" --arg box "$(realpath "$BOX")" --arg lent "${LENT_LAYER:-}" \
    --argjson offset "$DISK_OFFSET" --argjson size "$DISK_SIZE" --arg format "$DISK_FORMAT" '
    {driver: $format, "read-only": true,
     file: {driver: "raw", offset: $offset, size: $size, "read-only": true,
            file: {driver: "file", filename: $box, "read-only": true}}} as $disk
    | (if $lent == "" then $disk else
        {driver: "qcow2", "read-only": true, backing: $disk,
         file: {driver: "file", filename: $lent, "read-only": true}} end) as $below
    | {driver: "qcow2", "node-name": "disk", cache: {"no-flush": true}, discard: "unmap",
       file: {driver: "file", filename: $overlay, cache: {"no-flush": true}, discard: "unmap"},
       backing: $below}'
}

firmware_of() {
  if [[ $1 == a ]]; then echo "$FIRMWARE_A"; else echo "$FIRMWARE_B"; fi
}

# Waits until a clone has let us in, telling how long it has been.
wait_for_ssh() {
  local name=$1 begun=$SECONDS next=0 boots="clone $1 boots and answers SSH"
  until [[ -e $STAGE_TMP/$name/ssh-at ]]; do
    if ! qemu_running "$name"; then
      give_up "$name" "$boots" "the machine switched itself off before it answered SSH"
    fi
    if ((SECONDS - begun >= BOOT_TIMEOUT)); then
      give_up "$name" "$boots" "no SSH within $BOOT_TIMEOUT s ($QEMU_ACCEL)"
    fi
    if ((SECONDS - begun >= next)); then
      progress "waiting for SSH, $((SECONDS - begun)) s"
      next=$((next + 5))
    fi
    pause 0.5
  done
  SSH_SECONDS[$name]=$(seconds_between "${STARTED_AT[$name]}" "$(<"$STAGE_TMP/$name/ssh-at")")
  check ok "$boots" "${SSH_SECONDS[$name]} s ($QEMU_ACCEL, $(firmware_of "$name"))"
  progress "SSH of clone $name answered after ${SSH_SECONDS[$name]} s"
}

# Reads who a clone is into $STAGE_TMP/NAME/identity, one fact a line.
read_identity() {
  local name=$1
  ssh_guest "$name" "$SSH_LOGIN" 60 bash -s >"$STAGE_TMP/$name/identity" 2>>"$STAGE_LOG" <<'GUEST'
echo "machine-id $(cat /etc/machine-id)"
booted=$(sed -n 's/^btime //p' /proc/stat)
for file in /etc/machine-id /etc/ssh/ssh_host_*_key; do
  # A few seconds: the kernel's idea of when it booted moves when the clock is set.
  (( $(stat -c %Y "$file") + 10 >= booted )) || echo "older-than-boot $file"
done
for file in /etc/ssh/ssh_host_*_key.pub; do
  ssh-keygen -lf "$file" | awk '{ print "host-key", $2, $NF }'
done
GUEST
}

check_identities() {
  local name
  progress "comparing the identities of the two clones"
  for name in "$1" "$2"; do
    read_identity "$name" ||
      give_up "$name" "each clone tells its identity" "the identity of a clone could not be read through SSH"
  done
  compare_identities "$STAGE_TMP/$1/identity" "$STAGE_TMP/$2/identity"
}

# No identity may be shared by the clones, and none may have come with the image: what is older than the
# guest's first boot did.
compare_identities() {
  local a=$1 b=$2 shared id_a id_b old
  id_a=$(sed -n 's/^machine-id //p' "$a")
  id_b=$(sed -n 's/^machine-id //p' "$b")
  if [[ ! $id_a =~ ^[0-9a-f]{32}$ || ! $id_b =~ ^[0-9a-f]{32}$ ]]; then
    check failed "each clone has its own machine-id" "they are '$id_a' and '$id_b'"
  elif [[ $id_a == "$id_b" ]]; then
    check failed "each clone has its own machine-id" "both have $id_a"
  else
    check ok "each clone has its own machine-id" "$id_a and $id_b"
  fi
  shared=$(grep '^host-key ' "$a" | grep -Fxf - "$b" || true)
  if ! grep -q '^host-key ' "$a" || ! grep -q '^host-key ' "$b"; then
    check failed "each clone has its own SSH host keys" "no host key found in /etc/ssh"
  elif [[ -n $shared ]]; then
    check failed "each clone has its own SSH host keys" "both have ${shared//$'\n'/, }"
  else
    check ok "each clone has its own SSH host keys" "$(grep -c '^host-key ' "$a") kinds of key, none shared"
  fi
  old=$(sed -n 's/^older-than-boot //p' "$a" "$b" | sort -u | paste -sd ' ')
  if [[ -n $old ]]; then
    check failed "machine-id and host keys are made at first boot" "came with the image: $old"
  else
    check ok "machine-id and host keys are made at first boot"
  fi
}

# GUEST_CHECKS as one script: a file, or a folder whose files follow one another.
guest_checks_script() {
  if [[ -d $GUEST_CHECKS ]]; then cat "$GUEST_CHECKS"/*.sh; else cat "$GUEST_CHECKS"; fi
}

# How many keys the owner of a private box has put into it.
own_keys() {
  grep -cvE '^[[:space:]]*(#|$)' <<<"${AUTHORIZED_KEYS:-}" || true
}

# Lets the guest finish its boot, then runs the checklist inside. Its own standard input is empty.
run_guest_checks() {
  local name=$1 tap=$STAGE_TMP/guest.tap status=0 before given
  progress "waiting until the guest has started everything"
  ssh_guest "$name" "$SSH_LOGIN" "$BOOT_TIMEOUT" 'systemctl is-system-running --wait' \
    </dev/null >>"$STAGE_LOG" 2>&1 || true
  progress "running the guest's checks"
  guest_checks_script >"$STAGE_TMP/guest-checks"
  given="AMI2BOX_ACCESS=$ACCESS AMI2BOX_OWN_KEYS=$(own_keys)"
  ssh_guest "$name" "$SSH_LOGIN" "$BOOT_TIMEOUT" \
    "f=\$(mktemp) && cat >\"\$f\" && $given bash \"\$f\" </dev/null; s=\$?; rm -f \"\$f\"; exit \$s" \
    <"$STAGE_TMP/guest-checks" >"$tap" 2>>"$STAGE_LOG" || status=$?
  cat "$tap" >>"$STAGE_LOG"
  before=$(checks_failed_names)
  checks_read_tap "$tap"
  if ((status == 124)); then
    check failed "the guest's checks end in time" "still running after $BOOT_TIMEOUT s"
  elif ((status != 0)) && [[ $(checks_failed_names) == "$before" ]]; then
    check failed "the guest's checks end with status 0" "status $status, though none of them failed"
  fi
}

# The screen once it shows a login prompt; a guest that shows none on its first terminal is taken as
# it is.
take_screenshot() {
  local name=$1
  ssh_guest "$name" "$SSH_LOGIN" 30 \
    'for i in 1 2 3 4 5 6 7 8; do sudo -n grep -q "login:" /dev/vcs1 && break; sleep 1; done' \
    </dev/null >>"$STAGE_LOG" 2>&1 || true
  keep_screen "$name"
}

# As `vagrant halt` does it. A guest that does not go is ended, and has failed.
power_off() {
  local name=$1 begun=$SECONDS
  [[ -z $(checks_failed_names) ]] || keep_traces "$name"
  progress "powering off"
  ssh_guest "$name" "$SSH_LOGIN" 30 'sudo -n systemctl poweroff' </dev/null >>"$STAGE_LOG" 2>&1 || true
  if qemu_wait_end "$name" 90; then
    check ok "powers off when told to" "$((SECONDS - begun)) s"
  else
    check failed "powers off when told to" "still on after 90 s"
    qemu_quit "$name"
  fi
}
