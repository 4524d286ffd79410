#!/usr/bin/env bash
# Detects the account that a cloud's images are entered by (admin, ubuntu, ec2-user, ...), with its keys
# and its sudo rule. Removes it: vagrant is the one way in. Live, where that account may be the one in use,
# it is only locked and loses its keys; the scripts' run over the copied image removes it.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# An account is a cloud's own when cloud-init's settings name it as their default user.
cloud_users() {
  local name
  while read -r name; do
    case $name in root | vagrant) continue ;; esac
    if grep -q "^$name:" "$root/etc/passwd"; then echo "$name"; fi
  done < <(sed -n '/^[[:space:]]*default_user:/,/^[[:space:]]*distro:\|^[^[:space:]]/s/^[[:space:]]*name:[[:space:]]*//p' \
    "$root"/etc/cloud/cloud.cfg "$root"/etc/cloud/cloud.cfg.d/*.cfg 2>/dev/null | tr -d "\"'" | sort -u)
}

locked() { grep -q "^$1:!" "$root/etc/shadow" && [[ ! -e $root/home/$1/.ssh/authorized_keys ]]; }

pending() {
  local name
  while read -r name; do
    if [[ ${AMI2BOX_MODE:-chroot} == live ]] && locked "$name"; then continue; fi
    echo "$name"
  done < <(cloud_users)
}

check() {
  local names
  mapfile -t names < <(pending)
  if [[ ${#names[@]} -eq 0 ]]; then
    verdict "no account of a cloud" ok
  else
    verdict "account $(list "${names[@]}")" fix "remove"
  fi
}

fix() {
  local name
  while read -r name; do
    rm -f "/home/$name/.ssh/authorized_keys" "/etc/sudoers.d/90-cloud-init-users"
    if [[ $AMI2BOX_MODE == live ]]; then
      usermod --lock "$name"
    else
      userdel --remove "$name" 2>/dev/null || die "the account $name could not be removed"
    fi
  done < <(pending)
}

run "$@"
