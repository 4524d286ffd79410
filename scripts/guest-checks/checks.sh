#!/usr/bin/env bash
# Runs inside the booted guest as the user Vagrant logs in as, and says in TAP (Test Anything Protocol)
# whether the guest keeps the conventions of a Vagrant box. Changes nothing that it does not put back.
#
#   $ ssh vagrant@guest AMI2BOX_ACCESS=public bash -s < scripts/guest-checks/checks.sh
#   ok 1 - the user is vagrant
#   not ok 2 - sudo asks for no password
#   # found: sudo: a password is required
#   ...
#   1..50
#
#   AMI2BOX_ACCESS  public (default) or private: which keys and passwords are right
#
# Exit status: 0 when every check passed, 1 otherwise.
set -uo pipefail
# sshd gives no sbin directories to a command; a locale of the other side may not exist here.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
access=${AMI2BOX_ACCESS:-public}
number=0 failed=0

# A check changes the host's name for a moment: nothing to be tried on a machine that is no box.
if [[ ! -d /usr/lib/ami2box ]]; then
  echo 'Bail out! This machine is no box made by ami2box: it has no /usr/lib/ami2box'
  exit 1
fi

# check TITLE COMMAND...: passed when the command's status is 0; what it prints is only shown on failure.
check() {
  local title=$1 found
  shift
  number=$((number + 1))
  if found=$("$@" 2>&1); then
    printf 'ok %d - %s\n' "$number" "$title"
  else
    failed=$((failed + 1))
    printf 'not ok %d - %s\n' "$number" "$title"
    head -n 5 <<<"${found:-nothing}" | cut -c1-300 | sed 's/^/# found: /'
  fi
}

# What checks are made of: each prints what it found and says whether that is right.
is() { printf '%s\n' "$1" && [[ $1 == "$2" ]]; }           # is FOUND EXPECTED
like() { printf '%s\n' "$1" && [[ $1 =~ $2 ]]; }           # like FOUND REGULAR-EXPRESSION
nothing() { printf '%s\n' "$1" && [[ -z $1 ]]; }           # nothing FOUND
have() { command -v "$1" >/dev/null || { echo "no $1" && return 1; }; }
mode_of() { sudo -n stat -c '%a %U' "$1"; }
sshd_setting() { sudo -n sshd -T 2>/dev/null | awk -v key="$1" '$1 == key { print $2 }'; }
shadow_hash() { sudo -n getent shadow "$1" | cut -d: -f2; }
boot_time() { sed -n 's/^btime //p' /proc/stat; }
# Files among those given that are older than this boot; the clock may have been set by a few seconds.
older_than_boot() { find "$@" ! -newermt "@$(($(boot_time) - 10))" 2>&1; }
family() { if [[ -e /etc/debian_version ]]; then echo debian; else echo redhat; fi; }

# --- access ---

silent_sudo() { nothing "$(sudo -n true 2>&1)"; }

password_is() { # password_is USER: "vagrant" in a public box, none that works in a private one
  local hash kind salt
  hash=$(shadow_hash "$1")
  if [[ $access == private ]]; then
    like "$hash" '^[!*]'
    return
  fi
  IFS='$' read -r _ kind salt _ <<<"$hash"
  [[ $kind == 6 ]] && is "$hash" "$(openssl passwd -6 -salt "$salt" vagrant)"
}

insecure_keys() {
  local kind count=0
  for kind in 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN1YdxBpNlzxDqfJyw/QKow1F+wvG9hXGoqiysfJOn5Y vagrant insecure public key' \
    'ssh-rsa AAAAB3NzaC1yc2EAAAABIwAAAQEA6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzIw+niNltGEFHzD8+v1I2YJ6oXevct1YeS0o9HZyN1Q9qgCgzUFtdOKLv6IedplqoPkcmF0aYet2PkEDo3MlTBckFXPITAMzF8dJSIFo9D8HfdOV0IAdx4O7PtixWKn5y2hMNG0zQPyUecp4pzC6kivAIhyfHilFR61RGL+GPXQ2MWZWFYbAGjyiYJnAmCP3NOTd0jMZEnDkbUvxhMmBYSdETk1rRgm+R4LOzFUGaHqHDLKLX+FIPKcF96hrucXzcWyLbIbEgE98OHlnVYCzRdK8jlqm8tehUc9c9WhQ== vagrant insecure public key'; do
    if grep -Fxq "$kind" ~/.ssh/authorized_keys; then count=$((count + 1)); fi
  done
  if [[ $access == public ]]; then is "$count" 2; else is "$count" 0; fi
}

check "the user is vagrant" is "$(id -un)" vagrant
check "the shell of vagrant is bash" is "$(getent passwd vagrant | cut -d: -f7)" /bin/bash
check "sudo asks for no password and needs no terminal" is "$(sudo -n id -u 2>&1)" 0
check "sudo has nothing to complain of" silent_sudo
check "the sudo rules are valid" sudo -n visudo -c -q
check "the sudo rule has mode 0440 and belongs to root" is "$(mode_of /etc/sudoers.d/vagrant)" "440 root"
check "the home folder can be entered by its owner alone or read by others, not written" like "$(mode_of ~)" '^7[05][05] vagrant$'
check "\$HOME/.ssh has mode 0700" is "$(mode_of ~/.ssh)" "700 vagrant"
check "authorized_keys has mode 0600" is "$(mode_of ~/.ssh/authorized_keys)" "600 vagrant"
check "Vagrant's insecure keys are there only in a public box, both of them" insecure_keys
check "vagrant's password is as a $access box has it" password_is vagrant
check "root's password is as a $access box has it" password_is root
check "root cannot log in with a password over SSH" like "$(sshd_setting permitrootlogin)" '^(no|prohibit-password|without-password|forced-commands-only)$'
check "sshd looks up no names" is "$(sshd_setting usedns)" no
check "sshd tries no GSSAPI" is "$(sshd_setting gssapiauthentication)" no

# --- identity ---

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

cloud_credentials() {
  nothing "$(sudo -n find /root /home /var/lib/amazon /var/lib/cloud -maxdepth 3 \
    \( -path '*/.aws/*' -o -path '*/ssm/*' -o -path '*/cloud/instances/*' \) 2>/dev/null)"
}

check "the machine-id is 32 hexadecimal digits" like "$(cat /etc/machine-id)" '^[0-9a-f]{32}$'
check "the machine-id was made since this boot" nothing "$(older_than_boot /etc/machine-id)"
check "D-Bus has the same machine-id" same_dbus_id
check "the SSH host keys are there, private" host_keys
check "the SSH host keys were made since this boot" nothing "$(older_than_boot /etc/ssh/ssh_host_*_key)"
check "the host key unit has done its work" is "$(systemctl is-active ami2box-ssh-host-keys.service)" active
check "no account of a cloud is left" cloud_accounts
check "nobody but vagrant has authorised keys" foreign_keys
check "no history is left" histories
check "no cloud credential or instance data is left" cloud_credentials

# --- start ---

settled() {
  local state
  state=$(timeout 120 systemctl is-system-running --wait)
  printf '%s %s\n' "$state" "$(systemctl list-units --failed --plain --no-legend | awk '{ print $1 }' | xargs)"
  [[ $state == running ]]
}

timed_out() { nothing "$(sudo -n journalctl -b --no-pager -q -o cat | grep -i 'timed out' | grep -v checks.sh)"; }

disk_errors() { nothing "$(sudo -n journalctl -k -b --no-pager -q -o cat | grep -E 'I/O error, dev (sd|vd|nvme)|EXT4-fs (error|warning)|Call Trace|Oops')"; }

root_uuid() { findmnt -n -o UUID /; }

grub_by_uuid() {
  local file config=''
  for file in /boot/grub/grub.cfg /boot/grub2/grub.cfg; do
    if sudo -n test -s "$file"; then config=$(sudo -n grep -hE '^[[:space:]]*linux(16|efi)?[[:space:]]' "$file"); fi
  done
  printf '%s\n' "${config:-no entry}"
  [[ -n $config ]] && ! grep -vq "root=UUID=$(root_uuid)" <<<"$config"
}

drivers() {
  local name lost=()
  case $(uname -m) in
    aarch64) set -- virtio_pci virtio_scsi sd_mod virtio_net ext4 ;;
    *) set -- ahci sd_mod e1000 ext4 ;;
  esac
  for name in "$@"; do modprobe --dry-run --quiet "$name" || lost+=("$name"); done
  nothing "${lost[*]:-}"
}

# The next initramfs, after a kernel upgrade, is made for any machine. (This one has just found the disk.)
initramfs_settings() {
  if [[ -d /etc/initramfs-tools ]]; then
    is "$(sed -n 's/^[[:space:]]*MODULES=//p' /etc/initramfs-tools/initramfs.conf /etc/initramfs-tools/conf.d/* 2>/dev/null | tail -n 1)" most
  else
    grep -rhs '^[[:space:]]*hostonly=.*no' /etc/dracut.conf.d
  fi
}

newest_kernel() {
  local newest
  newest=$(find /lib/modules -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -V | tail -n 1)
  is "$(uname -r)" "$newest"
}

boot_loader_disk() {
  if [[ $(family) != debian || $(uname -m) != x86_64 ]]; then return; fi
  sudo -n debconf-show grub-pc 2>/dev/null | grep -E 'install_devices:' | grep -E '/dev/sda$' ||
    { sudo -n debconf-show grub-pc | grep install_devices: && return 1; }
}

check "systemd says running, no unit failed" settled
check "nothing timed out" timed_out
check "the kernel reports no disk error and no crash" disk_errors
check "the kernel's console is on no serial port" nothing "$(grep -o 'console=tty[A-Z][^ ]*' /proc/cmdline)"
check "the kernel was given the root by UUID" like "$(cat /proc/cmdline)" "root=UUID=$(root_uuid)( |$)"
check "GRUB's entries find the root by UUID" grub_by_uuid
check "the newest kernel is running" newest_kernel
check "the kernel has the drivers of VirtualBox's hardware" drivers
check "an initramfs is made for any machine" initramfs_settings
check "upgrades of GRUB know its disk" boot_loader_disk
check "a login waits on the screen" is "$(systemctl is-active getty@tty1.service)" active

# --- disk ---

fstab_root() {
  local entry
  entry=$(findmnt --fstab -n -o SOURCE /)
  is "$entry" "UUID=$(root_uuid)"
}

fstab_rest() {
  nothing "$(awk '!/^[[:space:]]*(#|$)/ && $2 != "/" && $2 != "/boot/efi" && $1 ~ /^(\/dev\/|UUID=|LABEL=|PARTUUID=|PARTLABEL=)/' /etc/fstab)"
}

# A box for EFI: the partition is there whatever the guest was started by, with a loader where firmware
# looks for one when it knows of no other.
efi_partition() {
  [[ -d /sys/firmware/efi ]] || grep -q '[[:space:]]/boot/efi[[:space:]]' /etc/fstab || return 0
  findmnt -n -o SOURCE,FSTYPE /boot/efi | grep -w vfat || { echo "nothing at /boot/efi" && return 1; }
  sudo -n find /boot/efi/EFI/BOOT -iname 'BOOT*.EFI' -size +100k | grep . || { echo "no loader in EFI/BOOT" && return 1; }
}

as_large_as_the_disk() {
  local source part disk part_sectors disk_sectors start file_system
  source=$(findmnt -n -o SOURCE /)
  part=$(readlink -f "/sys/class/block/${source#/dev/}")
  disk=$(dirname "$part")
  part_sectors=$(cat "$part/size") disk_sectors=$(cat "$disk/size") start=$(cat "$part/start")
  file_system=$(($(stat -f -c '%b * %S' /) / 512))
  echo "disk $disk_sectors, partition $part_sectors from $start, file system $file_system sectors"
  # The file system's own structures are some per cent of it.
  ((disk_sectors - start - part_sectors <= 2048 && file_system * 100 >= part_sectors * 94))
}

check "the root is ext4, mounted for writing" like "$(findmnt -n -o FSTYPE,OPTIONS /)" '^ext4 +rw'
check "fstab names the root by UUID" fstab_root
check "fstab names no other disk" fstab_rest
check "EFI finds its partition and a loader in it, where there is one" efi_partition
check "partition and file system are as large as the disk" as_large_as_the_disk
check "the unit that grows them has done its work" is "$(systemctl is-active ami2box-grow-root.service)" active

# --- network and names ---

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

new_host_name() {
  local before complaint
  before=$(hostname)
  sudo -n hostnamectl set-hostname ami2box-check || return 1
  complaint=$(sudo -n true 2>&1)
  [[ $(hostname) == ami2box-check && $(cat /etc/hostname) == ami2box-check ]] || complaint+=" the name stays $(hostname)"
  sudo -n hostnamectl set-hostname "$before"
  nothing "$complaint"
}

check "eth0 has an IPv4 address by DHCP" dhcp_address
check "the default route goes through eth0" like "$(ip -4 route show default)" '^default via [0-9.]+ dev eth0'
check "no network setting is tied to a MAC address" mac_match
check "resolv.conf leads to a name server that DHCP brought" name_servers
check "names are looked up" getent ahostsv4 localhost
check "Vagrant recognises systemd" like "$(ps -o comm= 1)" systemd
check "/etc/hosts has the host's name" grep -Eqw "127\.0\.[0-9]+\.1[[:space:]].*$(hostname)" /etc/hosts
check "hostname -f answers" hostname -f
check "the host's name can be changed, and sudo does not mind" new_host_name

# --- time, language, software ---

time_service() {
  local unit
  for unit in systemd-timesyncd chrony chronyd ntpsec; do
    if systemctl -q is-active "$unit.service"; then return; fi
  done
  echo "none of systemd-timesyncd, chrony, ntpsec is active"
  return 1
}

language() { is "$(env -u LC_ALL sh -c '. /etc/default/locale 2>/dev/null || . /etc/locale.conf; export LANG; locale charmap 2>&1')" UTF-8; }

packages_whole() {
  if [[ $(family) == debian ]]; then
    nothing "$(sudo -n dpkg --audit)" && sudo -n apt-get -qq check
  else
    sudo -n rpm -qa --quiet
  fi
}

package_sources() {
  case $(family) in
    debian) grep -rqsE '^(deb |URIs:)' /etc/apt/sources.list /etc/apt/sources.list.d || { echo "no source" && return 1; } ;;
    redhat) compgen -G '/etc/yum.repos.d/*.repo' ;;
  esac
}

package_caches() {
  nothing "$(sudo -n find /var/cache/apt/archives /var/cache/dnf -type f -name '*.[dr]*' 2>/dev/null | head -n 3)"
}

cloud_init_idle() {
  have cloud-init >/dev/null || return 0
  like "$(sudo -n cloud-init status 2>&1)" 'disabled|not run'
}

shared_folder() {
  local record=/usr/share/ami2box/choices.json
  [[ -r $record ]] || { echo "no $record" && return 1; }
  if grep -q '"sharedFolder":"virtualbox"' "$record"; then
    # Without VirtualBox's device a mount cannot succeed, but it must not fail for want of the module.
    sudo -n modprobe vboxsf && grep -w vboxsf /proc/filesystems
  else
    have rsync
  fi
}

leftovers() {
  local file found=()
  for file in /usr/sbin/policy-rc.d /run/ami2box /etc/apt/apt.conf.d/99mmdebstrap /etc/dpkg/dpkg.cfg.d/99mmdebstrap \
    /var/log/bootstrap.log /etc/ssh/sshd_not_to_be_run /var/lib/cloud/seed; do
    if [[ -e $file ]]; then found+=("$file"); fi
  done
  nothing "${found[*]:-}"
}

check "a time service is active" time_service
check "the hardware clock is read as UTC" is "$(timedatectl show -p LocalRTC --value)" no
check "the language is UTF-8" language
check "rsync is there" have rsync
check "certificates of authorities are there" test -s /etc/ssl/certs/ca-certificates.crt -o -s /etc/pki/tls/certs/ca-bundle.crt
check "every package is whole" packages_whole
check "packages can be had from somewhere" package_sources
check "no downloaded package is left" package_caches
check "cloud-init is absent or idle" cloud_init_idle
check "/vagrant can be shared as recorded" shared_folder
check "nothing of the making is left" leftovers

printf '1..%d\n' "$number"
((failed == 0))
