#!/usr/bin/env bash
# Makes the root of a Debian or an Ubuntu as their EC2 images have it, but for the disk: cloud kernel, serial
# console, cloud-init for EC2 with its account and keys, netplan tied to a MAC address, unattended updates, keys
# and history of the machine it was. Debian's kernel lacks AHCI and e1000, and it has no GRUB for the BIOS;
# Ubuntu's has EC2 Instance Connect and a root device forced by its partition.
#
#   test/inputs/make-cloud-root.sh debian|ubuntu OUT
#
# OUT is a folder, or a file that ends in .tar. Needs: mmdebstrap, curl for Ubuntu's keys; root. Prints nothing but
# mmdebstrap's own messages, on stderr.
set -Eeuo pipefail
distribution=${1:-} out=${2:-}
if [[ ! $distribution =~ ^(debian|ubuntu)$ || -z $out ]]; then
  echo "make-cloud-root: expected debian or ubuntu, and the folder or tar file to make, got '$*'" >&2
  exit 2
fi
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1700000000}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

packages=initramfs-tools,zstd,systemd-sysv,systemd-resolved,dbus,systemd-timesyncd,libpam-systemd,udev
packages+=,openssh-server,sudo,ca-certificates,procps,iproute2,netplan.io,cloud-init,cloud-guest-utils
packages+=,unattended-upgrades
case $distribution in
  debian)
    user="admin" suite=bookworm
    packages+=,linux-image-cloud-amd64,grub-cloud-amd64
    archive=http://deb.debian.org
    sources=("deb $archive/debian bookworm main" "deb $archive/debian bookworm-updates main"
      "deb $archive/debian-security bookworm-security main")
    ;;
  ubuntu)
    # mmdebstrap knows Debian's suites; this one stands in the sources.
    user="ubuntu" suite=''
    packages+=,apt,linux-image-aws,grub-pc,ec2-instance-connect
    archive=http://archive.ubuntu.com/ubuntu
    # Its keys are in no package of Debian's; this one has not changed since Ubuntu 24.04 came out.
    curl --fail --silent --show-error --max-time 60 --output "$scratch/keys.deb" \
      "$archive/pool/main/u/ubuntu-keyring/ubuntu-keyring_2023.11.28.1_all.deb"
    sha256sum --check --quiet <<<"36de43b15853ccae0028e9a767613770c704833f82586f28eb262f0311adb8a8  $scratch/keys.deb"
    dpkg-deb --extract "$scratch/keys.deb" "$scratch/keys"
    # apt reads them as a user of its own.
    chmod 755 "$scratch"
    signed="signed-by=$scratch/keys/usr/share/keyrings/ubuntu-archive-keyring.gpg"
    sources=("deb [$signed] $archive noble main universe" "deb [$signed] $archive noble-updates main universe"
      "deb [$signed] $archive noble-security main universe")
    ;;
esac

traces=$scratch/traces
cat >"$traces" <<'TRACES'
set -eu
root=$1 user=$2
mkdir -p "$root/etc/netplan" "$root/etc/default/grub.d" "$root/boot/grub" "$root/root/.ssh" "$root/var/lib/cloud/instances/i-1"
cat >"$root/etc/netplan/50-cloud-init.yaml" <<'NETPLAN'
network:
  version: 2
  ethernets:
    ens5:
      dhcp4: true
      match: {macaddress: "0e:11:22:33:44:55"}
      set-name: ens5
NETPLAN
chmod 600 "$root/etc/netplan/50-cloud-init.yaml"
cat >"$root/etc/default/grub.d/10_cloud.cfg" <<'GRUB'
GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200 earlyprintk=ttyS0,115200 consoleblank=0"
GRUB_TERMINAL="console serial"
GRUB_SERIAL_COMMAND="serial --speed=115200"
GRUB_TIMEOUT=5
GRUB
if [ "$user" = ubuntu ]; then
  echo 'GRUB_FORCE_PARTUUID=7c6d5e4f-1111-4222-8333-000000000001' >"$root/etc/default/grub.d/40-force-partuuid.cfg"
  # The keys of the machine that made this are none of the image's.
  sed -i 's/ \[signed-by=[^]]*\]//' "$root/etc/apt/sources.list"
fi
# Kernel packages run update-grub when this is there.
echo '# of another disk' >"$root/boot/grub/grub.cfg"
cat >"$root/etc/cloud/cloud.cfg.d/01_image.cfg" <<CLOUD
datasource_list: [Ec2]
system_info:
  default_user:
    name: $user
    sudo: ["ALL=(ALL) NOPASSWD:ALL"]
    shell: /bin/bash
CLOUD
printf 'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n' \
  >"$root/etc/apt/apt.conf.d/20auto-upgrades"
chroot "$root" useradd -m -s /bin/bash "$user"
mkdir -p "$root/home/$user/.ssh"
echo 'ssh-ed25519 AAAA ec2' | tee "$root/home/$user/.ssh/authorized_keys" >"$root/root/.ssh/authorized_keys"
echo "$user ALL=(ALL) NOPASSWD:ALL" >"$root/etc/sudoers.d/90-cloud-init-users"
echo 'ls' | tee "$root/home/$user/.bash_history" >"$root/root/.bash_history"
ln -sf /lib/systemd/system/serial-getty@.service \
  "$root/etc/systemd/system/getty.target.wants/serial-getty@ttyS0.service"
chroot "$root" ssh-keygen -A
chroot "$root" systemctl enable systemd-networkd
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
rm -f "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap"
TRACES

mmdebstrap --variant=minbase --mode=root --include="$packages" --dpkgopt=force-unsafe-io \
  --customize-hook="sh $traces \"\$1\" $user" "$suite" "$out" "${sources[@]}"
