#!/usr/bin/env bash
# Detects a Debian or Ubuntu without GRUB for the firmware the box is for, or with one whose upgrades would
# stop to ask which disk it belongs on. Installs it and answers: /dev/sda, VirtualBox's first disk; for EFI
# the removable media path too, and no boot entry in the firmware's memory, which travels with no disk.
#
#   AMI2BOX_FIRMWARE  bios (default): grub-pc; efi: grub-efi, and the files of GRUB for the BIOS;
#                     both: grub-pc, and the files of GRUB for EFI. Only one of the two packages that look
#                     after upgrades can be installed; the other loader stays as it was made.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

firmware=${AMI2BOX_FIRMWARE:-bios}

wanted_packages() {
  case $(architecture)-$firmware in
    amd64-bios) echo grub-pc ;;
    amd64-efi) echo grub-efi-amd64 grub-pc-bin ;;
    amd64-both) echo grub-pc grub-efi-amd64-bin ;;
    arm64-*) echo grub-efi-arm64 ;;
  esac
}

answers() {
  case $(wanted_packages) in
    grub-pc*)
      cat <<'ANSWERS'
grub-pc grub-pc/install_devices multiselect /dev/sda
grub-pc grub-pc/install_devices_empty boolean false
grub-pc grub-pc/install_devices_disks_changed multiselect /dev/sda
ANSWERS
      ;;
    grub-efi-*)
      local name
      name=$(wanted_packages)
      printf '%s grub2/%s boolean %s\n' "${name%% *}" force_efi_extra_removable true "${name%% *}" update_nvram false
      ;;
  esac
}

recorded() { # recorded QUESTION: debconf's answer
  awk -v question="$1" '$1 == "Name:" { hit = $2 == question }
       hit && $1 == "Value:" { sub(/^Value: */, ""); print; exit }' \
    "$root/var/cache/debconf/config.dat" 2>/dev/null || true
}

# The questions whose answer is another.
wrong_answers() {
  local question answer found
  while read -r _ question _ answer; do
    found=$(recorded "$question")
    [[ $found == "$answer" || $question == *_empty || $question == *_changed ]] || echo "${question##*/} '$found'"
  done < <(answers)
}

# The Red Hat family's GRUB goes by other names and reads its menu from elsewhere: extlinux starts such a box.
check_other_family() {
  if [[ $firmware == bios ]]; then
    verdict "$(family) family: extlinux starts the newest kernel" ok
  elif [[ -x $root/usr/bin/grub-mkimage ]]; then
    verdict "$(family) family, with grub-mkimage" ok
  else
    verdict "$(family) family: no grub-mkimage, which makes the loader for EFI" refuse \
      "set box.firmware to bios, or give an image that has it"
  fi
}

check() {
  local name missing=() wrong
  if [[ $(family) != debian ]]; then
    check_other_family
    return
  fi
  for name in $(wanted_packages); do
    package_present "$name" || missing+=("$name")
  done
  mapfile -t wrong < <(wrong_answers)
  if [[ ${#missing[@]} -gt 0 ]]; then
    verdict "no $(list "${missing[@]}")" fix "install $(list "${missing[@]}")"
  elif [[ ${#wrong[@]} -gt 0 ]]; then
    verdict "$(wanted_packages) has $(list "${wrong[@]}")" fix "record $(answers | awk '{ print $4; exit }')"
  else
    verdict "$(wanted_packages) for $firmware" ok
  fi
}

fix() {
  answers | debconf-set-selections
  # shellcheck disable=SC2046 # one word a package
  install_packages $(wanted_packages)
}

run "$@"
