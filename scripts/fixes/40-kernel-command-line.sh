#!/usr/bin/env bash
# Detects a console on a serial port that VirtualBox does not have (each boot then waits for it, or shows
# nothing), a root device forced by a cloud's settings, and network cards with names other than eth0.
# One file that GRUB's own configuration reads last takes them away, also after kernel upgrades.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

snippet=/etc/default/grub.d/zz-ami2box.cfg

wanted() {
  cat <<'SNIPPET'
# Read last by grub-mkconfig. The machine has a screen and no serial port; its disk is found by UUID;
# its first network card is eth0.
ami2box_words() {
  ami2box_kept=
  for ami2box_word in $1; do
    case $ami2box_word in
      console=* | earlyprintk=* | net.ifnames=* | biosdevname=* | root=*) ;;
      *) ami2box_kept="$ami2box_kept $ami2box_word" ;;
    esac
  done
  printf '%s\n' "${ami2box_kept# }"
}
GRUB_CMDLINE_LINUX_DEFAULT=$(ami2box_words "${GRUB_CMDLINE_LINUX_DEFAULT:-}")
GRUB_CMDLINE_LINUX=$(ami2box_words "${GRUB_CMDLINE_LINUX:-}")
GRUB_CMDLINE_LINUX="net.ifnames=0 biosdevname=0${GRUB_CMDLINE_LINUX:+ $GRUB_CMDLINE_LINUX}"
GRUB_TERMINAL=console
GRUB_TIMEOUT=1
GRUB_TIMEOUT_STYLE=menu
GRUB_DISABLE_OS_PROBER=true
unset GRUB_FORCE_PARTUUID GRUB_SERIAL_COMMAND GRUB_TERMINAL_INPUT GRUB_TERMINAL_OUTPUT
SNIPPET
}

# Searched as text: the settings are shell code of the image, which must not run on another machine.
settings() {
  cat "$root/etc/default/grub" "$root"/etc/default/grub.d/*.cfg 2>/dev/null | grep -v '^[[:space:]]*#' || true
}

serial_logins() { compgen -G "$root/etc/systemd/system/getty.target.wants/serial-getty@*" || true; }

check() {
  local bad=()
  [[ -z $(serial_logins) ]] || bad+=("a login on a serial port")
  if ! cmp -s <(wanted) "$root$snippet"; then
    if settings | grep -Eq 'console=tty[A-Z]|^[^#]*serial'; then bad+=("serial console"); fi
    if settings | grep -q 'GRUB_FORCE_PARTUUID='; then bad+=("forced root device"); fi
    bad+=("network card not named eth0")
  fi
  if [[ ${#bad[@]} -eq 0 ]]; then
    verdict "no serial port, net.ifnames=0" ok
  else
    verdict "$(list "${bad[@]}")" fix "no serial port, net.ifnames=0"
  fi
}

fix() {
  wanted | write_file "$snippet" 644
  if [[ $(family) == redhat ]]; then settings_of_redhat; fi
  rm -f "$root"/etc/systemd/system/getty.target.wants/serial-getty@*
}

# grub2-mkconfig reads no folder of settings; the one file gets ours at its end, once.
settings_of_redhat() {
  local mark='# ami2box: the rest is read last'
  touch "$root/etc/default/grub"
  { sed "/^$mark/,\$d" "$root/etc/default/grub" && printf '%s\n' "$mark" && wanted; } |
    write_file /etc/default/grub 644
}

run "$@"
