#!/usr/bin/env bash
# Detects a cloud-init that would look for a cloud at each boot, make the cloud's user again and write
# network settings tied to a MAC address. Leaves it in place for Vagrant's `config.vm.cloud_init`: it only
# runs when a NoCloud or ConfigDrive disk is attached, and costs nothing otherwise.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# ds-identify, which decides at boot whether cloud-init runs at all, takes `[NoCloud, None]` for "run it,
# always"; with two sources it looks for their disks, and switches cloud-init off when there is none.
own_settings() {
  cat <<'YAML'
datasource_list: [NoCloud, ConfigDrive]
network: {config: disabled}
users: []
disable_root: false
preserve_hostname: true
manage_etc_hosts: false
apt: {preserve_sources_list: true}
growpart: {mode: off}
resize_rootfs: false
YAML
}

own_policy() { echo 'policy: search,found=all,maybe=all,notfound=disabled'; }

settings=/etc/cloud/cloud.cfg.d/99-ami2box.cfg
policy=/etc/cloud/ds-identify.cfg

# What it wrote for the machine the image was made on, apart from what 50-network looks after.
written() {
  compgen -G "$root/etc/systemd/network/10-cloud-init-*" || true
  compgen -G "$root/etc/network/interfaces.d/50-cloud-init*" || true
  compgen -G "$root/etc/netplan/50-cloud-init.yaml" || true
  compgen -G "$root/etc/NetworkManager/system-connections/cloud-init-*" || true
  compgen -G "$root/etc/sudoers.d/90-cloud-init-users" || true
  compgen -G "$root/etc/cloud/cloud.cfg.d/90-installer-network.cfg" || true
}

check() {
  local left=()
  mapfile -t left < <(written)
  if [[ ! -d $root/etc/cloud || ! -e $root/usr/bin/cloud-init ]]; then
    verdict "no cloud-init" ok
  elif cmp -s <(own_settings) "$root$settings" && cmp -s <(own_policy) "$root$policy" && [[ ${#left[@]} -eq 0 ]]; then
    verdict "cloud-init waits for a disk of its own" ok
  else
    verdict "cloud-init looks for a cloud" fix "only when a NoCloud or ConfigDrive disk is attached"
  fi
}

fix() {
  local file
  while read -r file; do rm -f "$file"; done < <(written)
  own_settings | write_file "$settings" 644
  own_policy | write_file "$policy" 644
}

run "$@"
