#!/usr/bin/env bash
# Detects network settings that match the MAC address of the machine the image was made on, and a first
# card without DHCP. Whatever manages the network (netplan, NetworkManager, ifupdown, systemd-networkd)
# gets one setting: DHCP on eth0. Other cards stay free for Vagrant, which writes to the same manager.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

has_command() { [[ -x $root/usr/sbin/$1 || -x $root/usr/bin/$1 || -x $root/sbin/$1 || -x $root/bin/$1 ]]; }

enabled() { compgen -G "$root/etc/systemd/system/*.wants/$1" >/dev/null; }

manager() {
  if has_command netplan; then
    echo netplan
  elif enabled NetworkManager.service; then
    echo NetworkManager
  elif has_command ifup && ! enabled systemd-networkd.service; then
    echo ifupdown
  elif unit_exists systemd-networkd.service; then
    echo systemd-networkd
  fi
}

# The file that is ours, and those that would compete with it.
own_file() {
  case $1 in
    netplan) echo /etc/netplan/01-ami2box.yaml ;;
    NetworkManager) echo /etc/NetworkManager/system-connections/eth0.nmconnection ;;
    ifupdown) echo /etc/network/interfaces ;;
    systemd-networkd) echo /etc/systemd/network/10-ami2box-eth0.network ;;
  esac
}

competing_files() {
  local own file
  own=$(own_file "$1")
  # A folder that is not there is one without such files.
  {
    case $1 in
      netplan) find "$root/etc/netplan" "$root/etc/systemd/network" -name '*.yaml' -o -name '*.network' ;;
      NetworkManager)
        find "$root/etc/NetworkManager/system-connections" "$root/etc/sysconfig/network-scripts" \
          -name '*.nmconnection' -o -name 'ifcfg-*' ! -name ifcfg-lo
        ;;
      ifupdown) find "$root/etc/network/interfaces.d" -type f ;;
      systemd-networkd) find "$root/etc/systemd/network" -name '*.network' ;;
    esac 2>/dev/null || true
  } | while read -r file; do
    [[ ${file#"$root"} == "$own" ]] || printf '%s\n' "$file"
  done
  # Names given by MAC address, whatever the manager.
  grep -lEs '^[[:space:]]*(Permanent)?MACAddress=' "$root"/etc/systemd/network/*.link || true
  compgen -G "$root/etc/udev/rules.d/*-persistent-net.rules" || true
  compgen -G "$root/etc/udev/rules.d/*-cloud-ifupdown.rules" || true
}

own_content() {
  case $1 in
    netplan)
      local renderer=networkd
      if enabled NetworkManager.service; then renderer=NetworkManager; fi
      cat <<YAML
network:
  version: 2
  renderer: $renderer
  ethernets:
    eth0:
      dhcp4: true
      dhcp-identifier: mac
YAML
      ;;
    NetworkManager)
      cat <<'KEYFILE'
[connection]
id=eth0
type=ethernet
interface-name=eth0

[ipv4]
method=auto

[ipv6]
method=auto
KEYFILE
      ;;
    ifupdown)
      cat <<'INTERFACES'
auto lo
iface lo inet loopback

allow-hotplug eth0
iface eth0 inet dhcp
INTERFACES
      ;;
    systemd-networkd)
      cat <<'NETWORK'
[Match]
Name=eth0

[Network]
DHCP=ipv4

[DHCPv4]
ClientIdentifier=mac
NETWORK
      ;;
  esac
}

# systemd-networkd leaves the name servers that DHCP brings to systemd-resolved; the other managers, unless
# netplan hands over to systemd-networkd, write resolv.conf themselves.
resolver_wanted() {
  case $1 in
    systemd-networkd) return 0 ;;
    netplan) ! enabled NetworkManager.service ;;
    *) return 1 ;;
  esac
}

resolver_linked() {
  unit_exists systemd-resolved.service &&
    [[ $(readlink "$root/etc/resolv.conf") == */systemd/resolve/* || -e $root/etc/tmpfiles.d/ami2box-resolver.conf ]]
}

check() {
  local by competing bad=()
  by=$(manager)
  if [[ -z $by ]]; then
    verdict "nothing that manages the network" refuse "install systemd-networkd, netplan, ifupdown or NetworkManager"
    return
  fi
  mapfile -t competing < <(competing_files "$by")
  [[ ${#competing[@]} -eq 0 ]] || bad+=("$(list "${competing[@]#"$root"}") of another machine")
  cmp -s <(own_content "$by") "$root$(own_file "$by")" || bad+=("no DHCP on eth0")
  [[ $by != systemd-networkd ]] || enabled systemd-networkd.service || bad+=("systemd-networkd not enabled")
  if resolver_wanted "$by" && ! resolver_linked; then bad+=("no name server from DHCP"); fi
  if [[ ${#bad[@]} -eq 0 ]]; then
    verdict "$by: DHCP on eth0" ok
  else
    verdict "$by: $(list "${bad[@]}")" fix "DHCP on eth0 and nothing else"
  fi
}

fix() {
  local by mode=644 file
  by=$(manager)
  while read -r file; do rm -f "$file"; done < <(competing_files "$by")
  case $by in netplan | NetworkManager) mode=600 ;; esac
  own_content "$by" | write_file "$(own_file "$by")" "$mode"
  if [[ $by == systemd-networkd ]]; then enable_unit systemd-networkd.service; fi
  if resolver_wanted "$by" && ! resolver_linked; then
    # A package of its own in newer releases, a part of systemd in older ones.
    unit_exists systemd-resolved.service || install_packages systemd-resolved
    enable_unit systemd-resolved.service
    # A stage may have lent its own resolv.conf by a mount, which nothing can replace before it ends.
    if ! ln -sfn ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf" 2>/dev/null; then
      write_file /etc/tmpfiles.d/ami2box-resolver.conf 644 <<<'L+ /etc/resolv.conf - - - - ../run/systemd/resolve/stub-resolv.conf'
    fi
  fi
}

run "$@"
