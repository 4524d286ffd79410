# shellcheck shell=bash disable=SC2154
# That no two machines made from the box are taken for one another, and nothing tells of the first. A part of the guest checks; see 00-begin.sh.

# The RSA key may still be in the making: sshd does not wait for it.
host_keys() {
  local kind
  for kind in ed25519 ecdsa; do
    [[ $(mode_of "/etc/ssh/ssh_host_${kind}_key") =~ ^6[04]0\ root$ ]] || { echo "no private $kind key" && return 1; }
  done
}

same_dbus_id() { [[ ! -e /var/lib/dbus/machine-id ]] || is "$(cat /var/lib/dbus/machine-id)" "$(cat /etc/machine-id)"; }

cloud_accounts() {
  nothing "$(getent passwd admin ubuntu ec2-user fedora centos rocky almalinux cloud-user | cut -d: -f1 | xargs)"
}

foreign_keys() {
  nothing "$(sudo -n find /root /home -path '*/.ssh/authorized_keys*' -size +0 ! -path "$HOME/*" 2>/dev/null)"
}

histories() {
  nothing "$(sudo -n find /root /home -maxdepth 2 \( -name '.*_history' -o -name .lesshst -o -name .viminfo \) 2>/dev/null)"
}

old_logs() {
  nothing "$(sudo -n find /var/log -type f -size +0 ! -newermt "@$(($(boot_time) - 10))" 2>/dev/null | head -n 5)" || return
  nothing "$(sudo -n journalctl --list-boots -q 2>/dev/null | grep -E '^ *-[0-9]')"
}

cloud_credentials() {
  nothing "$(sudo -n find /root /home /var/lib/amazon /var/lib/cloud -maxdepth 3 \
    \( -path '*/.aws/*' -o -path '*/ssm/*' -o -path '*/cloud/instances/*' \) 2>/dev/null)"
}

seed_and_leases() {
  nothing "$(sudo -n find /var/lib/systemd/random-seed /var/lib/urandom /var/lib/dhcp /var/lib/dhcpcd /var/lib/NetworkManager \
    -type f \( -name 'random-seed' -o -name '*.lease*' \) ! -newermt "@$(($(boot_time) - 10))" 2>/dev/null)"
}

check "the machine-id is 32 hexadecimal digits" like "$(cat /etc/machine-id)" '^[0-9a-f]{32}$'
check "the machine-id was made since this boot" nothing "$(older_than_boot /etc/machine-id)"
check "D-Bus has the same machine-id" same_dbus_id
check "the SSH host keys are there, private" host_keys
check "the SSH host keys were made since this boot" nothing "$(older_than_boot /etc/ssh/ssh_host_*_key)"
check "the host key unit has done its work" is "$(systemctl is-active ami2box-ssh-host-keys.service)" active
fix=cloud-users check "no account of a cloud is left" cloud_accounts
check "nobody but vagrant has authorised keys" foreign_keys
check "random seed and leases are no older than this boot" seed_and_leases
check "no history is left" histories
check "no log is older than this boot" old_logs
check "no cloud credential or instance data is left" cloud_credentials
