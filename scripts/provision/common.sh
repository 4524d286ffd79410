#!/usr/bin/env bash
# Makes a Linux system a Vagrant guest: the vagrant user, SSH, names, time, locale and the first-boot
# units. Network, console and kernel are the business of ../fixes, which run before this.
#
#   AMI2BOX_MODE      chroot or live
#   AMI2BOX_ACCESS    public: password vagrant for vagrant and root, and Vagrant's two insecure keys,
#                     which Vagrant replaces at the first `vagrant up`
#                     private: no password works for either, and the only keys are AMI2BOX_AUTHORIZED_KEY
#                     (one a line)
#   AMI2BOX_PROVIDERS optional; with libvirt in it, GRUB's package learns at boot what the disk is called there
#   AMI2BOX_HOSTNAME  optional; default: the system's ID (debian, ubuntu, ...)
#
#   $ AMI2BOX_MODE=live AMI2BOX_ACCESS=public sudo -E scripts/provision/common.sh
#   common.sh: user vagrant, host name debian, public access
set -Eeuo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib.sh
. "$here/lib.sh"

require AMI2BOX_MODE AMI2BOX_ACCESS
require_one_of AMI2BOX_MODE chroot live
require_one_of AMI2BOX_ACCESS public private
[[ $AMI2BOX_ACCESS == public ]] || require AMI2BOX_AUTHORIZED_KEY
host_name=${AMI2BOX_HOSTNAME:-$(os_release ID)}

guest_packages() {
  case $(family) in
    debian)
      # procps: Vagrant recognises systemd with ps; libnss-myhostname: sudo resolves a new host name at once.
      install_packages sudo openssh-server rsync ca-certificates procps iproute2 iputils-ping fdisk e2fsprogs \
        kmod dbus systemd-sysv libpam-systemd libnss-myhostname
      # Debian 13 lets people ping by a setting of the kernel, which is in a package of its own.
      if apt-cache show linux-sysctl-defaults >/dev/null 2>&1; then install_packages linux-sysctl-defaults; fi
      if ! package_present chrony && ! package_present ntpsec; then install_packages systemd-timesyncd; fi
      ;;
    redhat)
      install_packages sudo openssh-server rsync ca-certificates procps-ng iproute iputils util-linux \
        e2fsprogs kmod dbus chrony
      ;;
  esac
}

vagrant_user() {
  local group
  getent passwd vagrant >/dev/null ||
    useradd --create-home --user-group --shell /bin/bash --comment Vagrant vagrant
  for group in sudo adm wheel systemd-journal; do
    if getent group "$group" >/dev/null; then usermod --append --groups "$group" vagrant; fi
  done
  if [[ $AMI2BOX_ACCESS == public ]]; then
    # SHA-512 crypt of "vagrant" with a fixed salt: the word is public, and a random salt would make
    # every box differ.
    local hash
    hash="\$6\$vagrant\$aYdZwu4306HGdE39rROOrbSnB8G1Jser5zc9VMESSr8PouIZdgoO.OYQsFTOHXRXSYzB1oCD7571llAG6WR15."
    usermod --password "$hash" vagrant
    usermod --password "$hash" root
  else
    usermod --password '!' vagrant
    usermod --password '!' root
  fi
}

vagrant_keys() {
  local home
  home=$(getent passwd vagrant | cut -d: -f6)
  install -d -m 700 -o vagrant -g vagrant "$home/.ssh"
  if [[ $AMI2BOX_ACCESS == public ]]; then
    # Vagrant removes these lines by comparing them whole, so the comments count.
    cat "$here"/files/vagrant-insecure-{ed25519,rsa}.pub
  else
    printf '%s\n' "$AMI2BOX_AUTHORIZED_KEY"
  fi | write_file "$home/.ssh/authorized_keys" 600
  chown vagrant:vagrant "$home/.ssh/authorized_keys"
}

vagrant_sudo() {
  local draft
  draft=$(mktemp)
  printf '%s\n' 'Defaults:vagrant !requiretty' 'vagrant ALL=(ALL:ALL) NOPASSWD: ALL' >"$draft"
  visudo --check --quiet --file="$draft" || die "visudo refuses the vagrant rule; nothing was changed"
  write_file /etc/sudoers.d/vagrant 440 <"$draft"
  rm -f "$draft"
}

# The first value sshd reads wins, hence 00-; a system too old for the folder gets the same lines at the
# top of its only file.
ssh_server() {
  local main=/etc/ssh/sshd_config
  local settings=$'UseDNS no\nGSSAPIAuthentication no'
  # Clouds' images switch passwords off; the public box's is public. In a private box nobody has one.
  if [[ $AMI2BOX_ACCESS == public ]]; then settings+=$'\nPasswordAuthentication yes'; else settings+=$'\nPasswordAuthentication no'; fi
  if grep -Eiq '^[[:space:]]*Include[[:space:]]+/etc/ssh/sshd_config\.d/' "$main"; then
    write_file /etc/ssh/sshd_config.d/00-ami2box.conf 644 <<<"$settings"
  else
    { printf '%s\n' "$settings" && grep -Evi '^[[:space:]]*(UseDNS|GSSAPIAuthentication|PasswordAuthentication)[[:space:]]' "$main"; } |
      write_file "$main" "$(stat -c %a "$main")"
  fi
}

# Vagrant adds a name of its own to /etc/hosts and leaves these lines alone.
names() {
  write_file /etc/hostname 644 <<<"$host_name"
  touch /etc/hosts
  {
    grep -Eq '^127\.0\.0\.1[[:space:]]+.*\blocalhost\b' /etc/hosts || printf '127.0.0.1\tlocalhost\n'
    printf '127.0.1.1\t%s\n' "$host_name"
    # A cloud's own address for the machine it was made on means nothing elsewhere.
    grep -Ev '^127\.0\.1\.1[[:space:]]|[[:space:]]ip-[0-9]+-[0-9]+-[0-9]+-[0-9]+' /etc/hosts || true
    grep -Eq '^::1[[:space:]]' /etc/hosts || printf '::1\tlocalhost ip6-localhost ip6-loopback\n'
  } | write_file /etc/hosts 644
}

locale() {
  # Newer Debian keeps /etc/default/locale as a link to systemd's file, and restores the link at each boot.
  local file=/etc/locale.conf
  if [[ $(family) == debian && ! -L /etc/default/locale ]]; then file=/etc/default/locale; fi
  grep -Esq '^LANG=' "$file" || write_file "$file" 644 <<<LANG=C.UTF-8
}

time_source() {
  local unit
  for unit in chrony.service chronyd.service ntpsec.service systemd-timesyncd.service; do
    unit_exists "$unit" || continue
    enable_unit "$unit"
    return
  done
}

first_boot_units() {
  local program unit programs=(ssh-host-keys grow-root) units=(ssh-host-keys ssh-rsa-host-key grow-root)
  if [[ " ${AMI2BOX_PROVIDERS:-} " == *" libvirt "* ]]; then
    programs+=(grub-disk) units+=(grub-disk)
  fi
  for program in "${programs[@]}"; do
    write_file "/usr/lib/ami2box/$program" 755 <"$here/files/$program"
  done
  for unit in "${units[@]/#/ami2box-}"; do
    write_file "/etc/systemd/system/$unit.service" 644 <"$here/files/$unit.service"
    enable_unit "$unit.service"
  done
}

guest_packages
vagrant_user
vagrant_keys
vagrant_sudo
ssh_server
names
locale
time_source
first_boot_units
say "user vagrant, host name $host_name, $AMI2BOX_ACCESS access"
