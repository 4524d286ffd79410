# shellcheck shell=bash
# The packages a Debian box starts from, besides what `minbase` brings; each with why. Sourced.
# shellcheck disable=SC2034 # read by the stage that sources this file
BOX_PACKAGES=(
  linux-image-amd64 # the generic kernel: the cloud kernel has no AHCI and no e1000
  grub-pc           # boot loader that follows kernel upgrades inside the guest
  systemd-sysv      # init
  openssh-server    # how Vagrant gets in
  sudo              # Vagrant needs it without a password
)
