#!/usr/bin/env bash
# Makes a plain Debian that one can log into from the root that the stage bootstrap made, as an image that knows
# nothing of this project: an account with a key, DHCP, host keys and a machine-id of its own, which a first boot
# then need not make. Everything else stays as the packages left it.
#
# Variables: WORK_DIR, with bootstrap/ in it.
# Makes: $WORK_DIR/plain, a folder.
# Prints: {"stage":"make-plain","seconds":6.1,"path":".../plain"}
#
# By hand, after bootstrap:
#   WORK_DIR=/var/tmp/box bench/boot/make-plain.sh
#
# What it mounts is mounted in a namespace of its own, which goes with it.
[[ -n ${MAKE_PLAIN_INSIDE:-} ]] ||
  MAKE_PLAIN_INSIDE=1 exec unshare --mount --propagation private bash "$0" "$@"
scripts=$(dirname "${BASH_SOURCE[0]}")/../../scripts
# shellcheck source=../../scripts/lib/stage.sh
source "$scripts/lib/stage.sh"
stage_begin make-plain
# shellcheck source=../../scripts/lib/chroot.sh
source "$scripts/lib/chroot.sh"

tree=$STAGE_TMP/plain
cp -a "$WORK_DIR/bootstrap" "$tree"
enter_chroot "$tree"
run in_chroot useradd --create-home --shell /bin/bash --groups sudo vagrant
install -d -m 700 "$tree/home/vagrant/.ssh"
install -m 600 "$scripts/provision/files/vagrant-insecure-rsa.pub" "$tree/home/vagrant/.ssh/authorized_keys"
run in_chroot chown -R vagrant:vagrant /home/vagrant/.ssh
echo 'vagrant ALL=(ALL) NOPASSWD: ALL' >"$tree/etc/sudoers.d/vagrant"
chmod 440 "$tree/etc/sudoers.d/vagrant"
printf '[Match]\nType=ether\n[Network]\nDHCP=yes\n' >"$tree/etc/systemd/network/80-dhcp.network"
run in_chroot systemctl --quiet enable systemd-networkd
run in_chroot ssh-keygen -A
run in_chroot systemd-machine-id-setup
leave_chroot
replace "$tree" "$WORK_DIR/plain"
stage_end path="$WORK_DIR/plain"
