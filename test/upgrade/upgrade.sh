#!/usr/bin/env bash
# Boots a raw disk of a public Debian box, upgrades its kernel and its boot loader with apt-get inside the guest,
# restarts it and says what became of it.
#
# Variables: WORK_DIR; DISK (raw; only read); FIRMWARE (bios, efi or both).
# Prints: {"stage":"upgrade","seconds":210.0,"before":"6.1.0-55-amd64","after":"6.1.0-56-amd64",
#   "upgradeSeconds":120.1,"state":"running","vboxsf":true,"choices":{..},"firmware":"bios",
#   "commandLine":"BOOT_IMAGE=..","loaders":"/boot/efi/EFI/BOOT/BOOTX64.EFI .."}
#
# By hand:
#   WORK_DIR=/var/tmp/upgrade DISK=/var/tmp/box/disk.raw FIRMWARE=bios test/upgrade/upgrade.sh
scripts=$(dirname "${BASH_SOURCE[0]}")/../../scripts
# shellcheck source=../../scripts/lib/stage.sh
source "$scripts/lib/stage.sh"
stage_begin upgrade DISK FIRMWARE
# shellcheck disable=SC1090 # checked on their own
for part in bounded qemu ssh; do source "$scripts/lib/$part.sh"; done

end_everything() {
  qemu_kill_all
  # shellcheck disable=SC2046 # one word a process
  kill $(jobs -p) 2>/dev/null || true
}
defer end_everything

guest() { # guest SECONDS COMMAND
  ssh_guest a "$SSH_RSA" "$1" "$2" </dev/null 2>>"$STAGE_LOG"
}

# The new kernel is running as soon as the boot is another one.
wait_for_boot() {
  local last=${1:-} now='' deadline=$((SECONDS + 400))
  until now=$(guest 20 'cat /proc/sys/kernel/random/boot_id') && [[ $now != "$last" ]]; do
    if ((SECONDS >= deadline)) || ! qemu_running a; then
      fail "the guest did not start; the whole log is $STAGE_LOG"
    fi
    pause 1
  done
  BOOT=$now
}

ssh_take_keys
run qemu-img create -q -f qcow2 -b "$(realpath "$DISK")" -F raw "$STAGE_TMP/overlay.qcow2"
blockdev=$(jq -cn --arg file "$STAGE_TMP/overlay.qcow2" '{driver: "qcow2", "node-name": "disk",
  cache: {"no-flush": true}, discard: "unmap", file: {driver: "file", filename: $file, cache: {"no-flush": true}}}')
first=bios
if [[ ${FIRMWARE:?} == efi ]]; then first=efi; fi
qemu_choose_accelerator auto amd64 2
qemu_start a amd64 2 2048 "$blockdev" nat 08:00:27:00:00:0a "$first"
progress "waiting for the first boot"
wait_for_boot
before=$(guest 30 'uname -r')

progress "upgrading from $before"
monotonic_now
begun=$NOW
# MODULES=dep makes the initramfs of this one machine: the one for all takes an emulated machine minutes more.
# shellcheck disable=SC2016 # for the guest to expand
guest 900 'set -e
  echo MODULES=dep | sudo tee /etc/initramfs-tools/conf.d/zz-test >/dev/null
  export DEBIAN_FRONTEND=noninteractive
  grub=$(dpkg-query -W -f "\${db:Status-Status} \${Package}\n" grub-pc grub-efi-amd64 2>/dev/null | sed -n "s/^installed //p")
  sudo -E apt-get -q update
  sudo -E apt-get -q -y -o APT::Install-Recommends=0 -o Dpkg::Options::=--force-unsafe-io install linux-image-amd64
  sudo -E apt-get -q -y install --reinstall $grub' >>"$STAGE_LOG" ||
  fail "the upgrade inside the guest failed; the whole log is $STAGE_LOG"
monotonic_now
seconds=$(seconds_between "$begun" "$NOW")

progress "restarting after $seconds s"
guest 20 'sudo systemctl --no-block reboot' || true
wait_for_boot "$BOOT"
state=$(guest 200 'systemctl is-system-running --wait' || true)
vboxsf=$(guest 30 'sudo modprobe vboxguest && grep -qw vboxsf /proc/filesystems && echo true || echo false')
stage_end before="$before" after="$(guest 30 'uname -r')" upgradeSeconds:="$seconds" state="$state" \
  vboxsf:="$vboxsf" choices:="$(guest 30 'cat /usr/share/ami2box/choices.json')" \
  firmware="$(guest 30 'test -d /sys/firmware/efi && echo efi || echo bios')" \
  commandLine="$(guest 30 'cat /proc/cmdline')" \
  loaders="$(guest 30 'sudo find /boot/efi/EFI -iname "*.efi" -newer /etc/machine-id 2>/dev/null | sort | xargs')"
