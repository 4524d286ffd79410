#!/usr/bin/env bash
# Detects a Debian or Ubuntu without GRUB for the BIOS, or with one whose upgrades would stop to ask which
# disk it belongs on. Installs grub-pc and answers the question with /dev/sda, VirtualBox's first disk.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

recorded_device() {
  awk '$1 == "Name:" { hit = $2 == "grub-pc/install_devices" }
       hit && $1 == "Value:" { sub(/^Value: */, ""); print; exit }' \
    "$root/var/cache/debconf/config.dat" 2>/dev/null || true
}

check() {
  if [[ $(architecture) != amd64 ]]; then
    verdict "$(architecture) starts from EFI" ok
  elif [[ $(family) != debian ]]; then
    verdict "$(family) family: nothing asks for the disk" ok
  elif ! package_present grub-pc; then
    verdict "no GRUB for the BIOS" fix "install grub-pc"
  elif [[ $(recorded_device) != /dev/sda ]]; then
    verdict "grub-pc is for '$(recorded_device)'" fix "record /dev/sda"
  else
    verdict "grub-pc for /dev/sda" ok
  fi
}

fix() {
  debconf-set-selections <<'ANSWERS'
grub-pc grub-pc/install_devices multiselect /dev/sda
grub-pc grub-pc/install_devices_empty boolean false
grub-pc grub-pc/install_devices_disks_changed multiselect /dev/sda
ANSWERS
  install_packages grub-pc
}

run "$@"
