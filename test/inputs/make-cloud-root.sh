#!/usr/bin/env bash
# Makes the root of a Debian as its EC2 images have it, but for the disk: cloud kernel without AHCI and e1000,
# no GRUB for the BIOS, serial console, cloud-init for EC2 with its account and keys, netplan tied to a MAC
# address, unattended updates, keys and history of the machine it was.
#
#   test/inputs/make-cloud-root.sh OUT [MIRROR [SECURITY_MIRROR]]
#
# OUT is a folder, or a file that ends in .tar. Needs: mmdebstrap; root. Prints nothing but mmdebstrap's own
# messages, on stderr.
set -Eeuo pipefail
out=${1:?make-cloud-root: name the folder or tar file to make}
mirror=${2:-http://deb.debian.org/debian}
security=${3:-http://deb.debian.org/debian-security}
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1700000000}

packages=linux-image-cloud-amd64,grub-cloud-amd64,initramfs-tools,zstd,systemd-sysv,systemd-resolved,dbus
packages+=,systemd-timesyncd,libpam-systemd,udev,openssh-server,sudo,ca-certificates,procps,iproute2
packages+=,netplan.io,cloud-init,cloud-guest-utils,unattended-upgrades

traces=$(mktemp)
trap 'rm -f "$traces"' EXIT
cat >"$traces" <<'TRACES'
set -eu
root=$1
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
# Kernel packages run update-grub when this is there.
echo '# of another disk' >"$root/boot/grub/grub.cfg"
cat >"$root/etc/cloud/cloud.cfg.d/01_debian_cloud.cfg" <<'CLOUD'
datasource_list: [Ec2]
system_info:
  default_user:
    name: admin
    sudo: ["ALL=(ALL) NOPASSWD:ALL"]
    shell: /bin/bash
CLOUD
printf 'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n' \
  >"$root/etc/apt/apt.conf.d/20auto-upgrades"
chroot "$root" useradd -m -s /bin/bash admin
mkdir -p "$root/home/admin/.ssh"
echo 'ssh-ed25519 AAAA ec2' | tee "$root/home/admin/.ssh/authorized_keys" >"$root/root/.ssh/authorized_keys"
echo 'admin ALL=(ALL) NOPASSWD:ALL' >"$root/etc/sudoers.d/90-cloud-init-users"
echo 'ls' | tee "$root/home/admin/.bash_history" >"$root/root/.bash_history"
ln -sf /lib/systemd/system/serial-getty@.service \
  "$root/etc/systemd/system/getty.target.wants/serial-getty@ttyS0.service"
chroot "$root" ssh-keygen -A
chroot "$root" systemctl enable systemd-networkd
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
rm -f "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap"
TRACES

mmdebstrap --variant=minbase --mode=root --include="$packages" --dpkgopt=force-unsafe-io \
  --customize-hook="sh $traces \"\$1\"" bookworm "$out" \
  "deb $mirror bookworm main" "deb $mirror bookworm-updates main" "deb $security bookworm-security main"
