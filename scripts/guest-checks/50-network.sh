# shellcheck shell=bash disable=SC2154
# Networks and names. A part of the guest checks; see 00-begin.sh.

dhcp_address() { like "$(ip -4 -o address show dev eth0 scope global)" 'inet [0-9.]+/.* dynamic '; }

name_servers() {
  local servers
  servers=$(awk '$1 == "nameserver" { print $2 }' /etc/resolv.conf | xargs)
  if [[ $servers == 127.0.0.53 ]]; then
    servers=$(resolvectl dns eth0)
    servers=${servers#*: }
  fi
  # A cloud's own server (Amazon's is at .2 of the network or link-local) answers nowhere else.
  printf '%s\n' "${servers:-no server}" && [[ -n $servers && $servers != *169.254.* ]]
}

mac_match() {
  nothing "$(sudo -n grep -rlisE '^[^#]*(macaddress|mac-address|hwaddr)[[:space:]]*[=:]' /etc/netplan /etc/systemd/network \
    /etc/NetworkManager/system-connections /etc/network/interfaces /etc/network/interfaces.d /etc/udev/rules.d /etc/sysconfig/network-scripts)"
}

persistent_names() {
  nothing "$(sudo -n grep -lEs 'NAME=.*ATTR\{address\}|ATTR\{address\}.*NAME=' /etc/udev/rules.d/*.rules; compgen -G '/etc/udev/rules.d/7*-persistent-net.rules')"
}

# What Vagrant runs in a guest for `config.vm.network "private_network"` (its plugins/guests/debian and
# redhat, cap/configure_networks.rb): a setting for whatever manages the network, then a restart. Taken
# back afterwards.
private_network() {
  [[ -e /sys/class/net/eth1 ]] || { echo "skipped: no second network card" && return; }
  if command -v netplan >/dev/null; then
    printf 'network:\n  version: 2\n  renderer: networkd\n  ethernets:\n    eth1:\n      addresses: [192.168.56.10/24]\n' |
      sudo -n tee /etc/netplan/50-vagrant.yaml >/dev/null
    sudo -n netplan apply
  elif systemctl -q is-active systemd-networkd.service; then
    printf '[Match]\nName=eth1\n[Network]\nDHCP=no\nAddress=192.168.56.10/24' |
      sudo -n tee /etc/systemd/network/50-vagrant-eth1.network >/dev/null
    sudo -n systemctl restart systemd-networkd.service
  elif systemctl -q is-active NetworkManager.service; then
    sudo -n nmcli connection add con-name vagrant-eth1 type ethernet ifname eth1 ip4 192.168.56.10/24 >/dev/null
    sudo -n nmcli connection up vagrant-eth1 >/dev/null
  else
    sudo -n cp /etc/network/interfaces /etc/network/interfaces.vagrant
    printf '#VAGRANT-BEGIN\nauto eth1\niface eth1 inet static\n  address 192.168.56.10\n  netmask 255.255.255.0\n#VAGRANT-END\n' |
      sudo -n tee -a /etc/network/interfaces >/dev/null
    sudo -n ifup eth1
  fi
  wait_until private_address
  private_address && wait_until dhcp_address && dhcp_address && sudo -n ping -c 1 -W 5 192.168.56.2
}

private_address() { like "$(ip -4 -o address show dev eth1)" '192[.]168[.]56[.]10/24'; }

# A restart of the network takes the first card's address for a moment as well.
wait_until() {
  for _ in {1..100}; do
    if "$@" >/dev/null; then break; fi
    sleep 0.2
  done
}

private_network_taken_back() {
  sudo -n rm -f /etc/netplan/50-vagrant.yaml /etc/systemd/network/50-vagrant-eth1.network
  if [[ -e /etc/network/interfaces.vagrant ]]; then sudo -n mv /etc/network/interfaces.vagrant /etc/network/interfaces; fi
  if command -v nmcli >/dev/null; then sudo -n nmcli connection delete vagrant-eth1 >/dev/null 2>&1; fi
  if systemctl -q is-active systemd-networkd.service; then sudo -n networkctl reload; fi
  sudo -n ip address flush dev eth1 2>/dev/null
  wait_until dhcp_address
}

new_host_name() {
  local before complaint
  before=$(hostname)
  sudo -n hostnamectl set-hostname ami2box-check || return 1
  complaint=$(sudo -n true 2>&1)
  [[ $(hostname) == ami2box-check && $(cat /etc/hostname) == ami2box-check ]] || complaint+=" the name stays $(hostname)"
  sudo -n hostnamectl set-hostname "$before"
  nothing "$complaint"
}

fix=network check "eth0 has an IPv4 address by DHCP" dhcp_address
fix=network check "the default route goes through eth0" like "$(ip -4 route show default)" '^default via [0-9.]+ dev eth0'
fix=network check "no network setting is tied to a MAC address" mac_match
fix=network check "no network card is named by its address" persistent_names
fix=network check "a private network of Vagrant comes up, and eth0 stays" private_network
private_network_taken_back
fix=network check "resolv.conf leads to a name server that DHCP brought" name_servers
check "names are looked up" getent ahostsv4 localhost
check "Vagrant recognises systemd" like "$(ps -o comm= 1)" systemd
check "/etc/hosts has the host's name" grep -Eqw "127\.0\.[0-9]+\.1[[:space:]].*$(hostname)" /etc/hosts
check "hostname -f answers" hostname -f
check "the host's name can be changed, and sudo does not mind" new_host_name
