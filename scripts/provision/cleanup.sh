#!/usr/bin/env bash
# Last script inside the image: takes away what belongs to the machine the image was made on, what only
# took part in the making, and every time stamp and random number, so that the same inputs give the
# same image.
#
#   AMI2BOX_MODE  chroot or live
#
#   $ AMI2BOX_MODE=live sudo -E scripts/provision/cleanup.sh
#   cleanup.sh: identity, histories, caches and logs are gone
#
# Live, no further SSH connection is possible afterwards: the host keys and root's authorised keys are
# gone. The connection in use stays.
set -Eeuo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib.sh
. "$here/lib.sh"

require AMI2BOX_MODE
require_one_of AMI2BOX_MODE chroot live

# empty_dir DIR...: its content goes, the directory with its owner and mode stays.
empty_dir() {
  local dir
  for dir in "$@"; do
    [[ ! -d $dir || -L $dir ]] || find "$dir" -mindepth 1 -delete
  done
}

homes() { getent passwd | awk -F: '$3 == 0 || $3 >= 1000 && $3 < 60000 { print $6 }' | sort -u; }

packages() {
  case $(family) in
    debian)
      apt clean
      find /var/lib/apt/lists -type f -delete
      rm -f /var/cache/apt/*.bin /var/lib/dpkg/*-old /var/cache/debconf/*-old
      # ucf leaves the random name of a temporary file in a question that was answered long ago.
      if [[ -e /var/cache/debconf/config.dat ]]; then sed -i '/^ NEW = \/tmp\//d' /var/cache/debconf/config.dat; fi
      ;;
    redhat)
      "$(command -v dnf || command -v yum)" -y clean all >&2
      rm -rf /var/cache/dnf /var/cache/yum
      ;;
  esac
}

identity() {
  # Empty, not absent: systemd then makes one at each first boot, without its first-boot questions.
  : >/etc/machine-id
  chmod 444 /etc/machine-id
  if [[ -d /var/lib/dbus ]]; then ln -sfn /etc/machine-id /var/lib/dbus/machine-id; fi
  rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub
  rm -f /var/lib/systemd/random-seed /var/lib/urandom/random-seed /boot/loader/random-seed \
    /var/lib/systemd/credential.secret /etc/iscsi/initiatorname.iscsi /etc/nvme/hostnqn /etc/nvme/hostid
  # What dkms signed its modules with; it makes another for the next ones.
  rm -f /var/lib/dkms/mok.key /var/lib/dkms/mok.pub
  rm -f /etc/udev/rules.d/70-persistent-net.rules /etc/udev/rules.d/75-persistent-net-generator.rules
  empty_dir /var/lib/dhcp /var/lib/dhcpcd /var/lib/dhclient /var/lib/systemd/network
  rm -f /var/lib/NetworkManager/*.lease /var/lib/NetworkManager/secret_key \
    /var/lib/NetworkManager/timestamps /var/lib/NetworkManager/seen-bssids
  rm -rf /var/lib/systemd/timesync/clock /var/lib/private/systemd/timesync/clock /var/lib/chrony/drift
}

cloud_traces() {
  local home
  rm -rf /var/lib/cloud /var/log/cloud-init.log /var/log/cloud-init-output.log
  rm -rf /var/lib/amazon/ssm /etc/amazon/ssm/registration /var/log/amazon
  while read -r home; do
    [[ -d $home ]] || continue
    rm -rf "$home/.aws" "$home/.ec2"
    # The one key that stays is what common.sh wrote for vagrant.
    [[ $home == "$(getent passwd vagrant | cut -d: -f6)" ]] || rm -f "$home/.ssh/authorized_keys"
  done < <(homes)
}

histories() {
  local home
  while read -r home; do
    [[ -d $home ]] || continue
    rm -f "$home"/.{bash,zsh,ash,python,sqlite,mysql,psql,rediscli}_history "$home"/.{lesshst,viminfo,wget-hsts,sudo_as_admin_successful}
    rm -rf "$home/.cache" "$home/.ansible"
  done < <(homes)
}

# Log files that packages made stay, empty, with their owners; those of the making go.
logs() {
  local file
  rm -rf /var/log/journal/* /var/log/installer /var/log/apt/*
  rm -f /var/log/{bootstrap,dpkg,alternatives,fontconfig,cloud-init,dnf,dnf.rpm,dnf.librepo,hawkey,yum}.log
  find /var/log -type f \( -name '*.gz' -o -name '*.xz' -o -name '*.old' -o -regex '.*\.[0-9]+' -o -regex '.*-[0-9]+' \) -delete
  while IFS= read -r -d '' file; do : >"$file"; done < <(find /var/log -type f -size +0 -print0)
}

# Caches that hold time stamps, and the backups the account tools leave.
time_stamps() {
  rm -f /var/cache/ldconfig/aux-cache /etc/{passwd,shadow,group,gshadow,subuid,subgid}- /var/lib/systemd/timers/*
  rm -f /var/lib/ucf/*.[0-9]
  empty_dir /var/cache/man /var/lib/logrotate /var/lib/systemd/coredump /var/crash /var/backups
  # useradd and usermod date the accounts they touch by SOURCE_DATE_EPOCH only where they are new enough.
  local day=$((SOURCE_DATE_EPOCH / 86400)) name
  for name in root vagrant; do
    if getent passwd "$name" >/dev/null; then chage --lastday "$day" "$name"; fi
  done
  rm -f /etc/shadow-
}

# Tells systemd that /etc and /var belong to this /usr: the first boot need not rebuild the linker's cache,
# the users and the hardware database, which are as the packages left them.
up_to_date() {
  local file
  for file in /etc/.updated /var/.updated; do
    : >"$file"
    touch --no-create --reference=/usr "$file"
  done
}

temporary() {
  empty_dir /var/tmp
  # Live, a running program (ours too) may have its files in /tmp, and the next boot empties it.
  [[ $AMI2BOX_MODE == live ]] || empty_dir /tmp
  rm -f /forcefsck
}

packages
cloud_traces
histories
logs
identity
time_stamps
up_to_date
temporary
say "identity, histories, caches and logs are gone"
