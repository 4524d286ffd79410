#!/usr/bin/env bash
# Detects unattended package updates. They would start at the first boot and hold the package manager's
# lock just when Vagrant's provisioners want it. Switches them off; the packages stay.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

own_settings() {
  cat <<'APT'
APT::Periodic::Update-Package-Lists "0";
APT::Periodic::Unattended-Upgrade "0";
APT
}

settings=/etc/apt/apt.conf.d/90ami2box
timers() { compgen -G "$root/etc/systemd/system/*.wants/dnf-automatic*.timer" || true; }

check() {
  local units
  units=$(timers | xargs -r -n 1 basename | xargs)
  if [[ -n $units ]]; then
    verdict "$units enabled" fix "disable"
  elif ! grep -Eqs '^APT::Periodic::(Update-Package-Lists|Unattended-Upgrade) "?[1-9a]' "$root"/etc/apt/apt.conf.d/*; then
    verdict "no unattended updates" ok
  elif cmp -s <(own_settings) "$root$settings"; then
    verdict "unattended updates are off" ok
  else
    verdict "unattended updates at boot" fix "off"
  fi
}

fix() {
  local unit
  while read -r unit; do rm -f "$unit"; done < <(timers)
  if [[ -d $root/etc/apt/apt.conf.d ]]; then own_settings | write_file "$settings" 644; fi
}

run "$@"
