#!/usr/bin/env bash
# Boots a raw disk for amd64 under QEMU, with VirtualBox's devices and the BIOS, and measures the time until
# Vagrant's RSA key is let in; the disk is only read.
#
# Variables: WORK_DIR; DISK (raw). Optional: ACCEL (auto, kvm, tcg; auto), BOOT_TIMEOUT (seconds; 300).
# Prints: {"stage":"time-to-ssh","seconds":26.0,"secondsToSsh":21.4,"accel":"tcg"}
#
# By hand:
#   WORK_DIR=/var/tmp/box DISK=/var/tmp/box/disk.raw bench/boot/time-to-ssh.sh
scripts=$(dirname "${BASH_SOURCE[0]}")/../../scripts
# shellcheck source=../../scripts/lib/stage.sh
source "$scripts/lib/stage.sh"
stage_begin time-to-ssh DISK
# shellcheck disable=SC1090 # checked on their own
for part in bounded qemu ssh; do source "$scripts/lib/$part.sh"; done
: "${ACCEL:=auto}" "${BOOT_TIMEOUT:=300}"
defer qemu_kill_all

ssh_take_keys
run qemu-img create -q -f qcow2 -b "$(realpath "$DISK")" -F raw "$STAGE_TMP/overlay.qcow2"
blockdev=$(jq -cn --arg file "$STAGE_TMP/overlay.qcow2" '{driver: "qcow2", "node-name": "disk",
  cache: {"no-flush": true}, file: {driver: "file", filename: $file, cache: {"no-flush": true}}}')
qemu_choose_accelerator "$ACCEL" amd64 2
monotonic_now
begun=$NOW
qemu_start a amd64 2 2048 "$blockdev" nat 08:00:27:00:00:0a bios
ssh_knock a "$BOOT_TIMEOUT" "$SSH_RSA"
[[ -e $STAGE_TMP/a/ssh-at ]] || fail "$DISK did not answer SSH within $BOOT_TIMEOUT s"
stage_end secondsToSsh:="$(seconds_between "$begun" "$(<"$STAGE_TMP/a/ssh-at")")" accel="$QEMU_ACCEL"
