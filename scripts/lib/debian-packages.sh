# shellcheck shell=bash
# The packages a Debian box starts from, besides what `minbase` brings; each with why. Sourced.
#
# All that provisioning would otherwise install is here: one installation is faster than several, and the
# kernel's initramfs is made once, with everything in place.
# The stage that sources this file sets ARCHITECTURE (amd64, arm64).
# shellcheck disable=SC2034 # read by the stage that sources this file
BOX_PACKAGES=(
  "linux-image-$ARCHITECTURE"                 # the generic kernel: the cloud kernel has no AHCI and no e1000
  initramfs-tools zstd                        # its initramfs, packed fast
  "$([[ $ARCHITECTURE == arm64 ]] && echo grub-efi-arm64 || echo grub-pc)" # boot loader that follows kernel upgrades inside the guest
  systemd-sysv udev kmod                      # init, devices, modules
  dbus libpam-systemd                         # logind: without it the system starts degraded
  systemd-resolved systemd-timesyncd          # names and time
  libnss-myhostname                           # sudo resolves a new host name at once
  openssh-server sudo                         # how Vagrant gets in, and becomes root
  rsync                                       # synced folders of that type
  ca-certificates                             # https for provisioners
  iproute2 iputils-ping netbase procps        # networks; Vagrant looks for systemd with ps
  fdisk e2fsprogs                             # the root grows to the disk
  apt-utils python3 curl                      # provisioners: debconf before unpacking, Ansible, downloads
  less nano bash-completion                   # people
  logrotate cron                              # machines that stay
)
