# shellcheck shell=bash disable=SC2154
# How the system starts, now and after a kernel upgrade. A part of the guest checks; see 00-begin.sh.

settled() {
  local state
  state=$(timeout 120 systemctl is-system-running --wait)
  printf '%s %s\n' "$state" "$(systemctl list-units --failed --plain --no-legend | awk '{ print $1 }' | xargs)"
  [[ $state == running ]]
}

# Linux 7.0 waits for the beam of QEMU's screen, which a busy machine may be late to draw.
timed_out() { nothing "$(sudo -n journalctl -b --no-pager -q -o cat | grep -i 'timed out' | grep -vE 'checks.sh|vblank wait')"; }

# Leaves out what the kernel says about that, from cut to end of the trace.
without_late_screens() {
  awk '/cut here/ { late = 0 } /vblank wait timed out/ { late = 1 } !late { print } /end trace/ { late = 0 }'
}

disk_errors() { nothing "$(sudo -n journalctl -k -b --no-pager -q -o cat | without_late_screens | grep -E 'I/O error, dev (sd|vd|nvme)|EXT4-fs (error|warning)|Call Trace|Oops')"; }

root_uuid() { findmnt -n -o UUID /; }

# The kernels' command lines in the settings of the boot loader that the box has.
entries() {
  local file
  if sudo -n test -s /boot/extlinux/extlinux.conf; then
    sudo -n grep -E '^[[:space:]]*APPEND[[:space:]]' /boot/extlinux/extlinux.conf
    return
  fi
  for file in /boot/grub/grub.cfg /boot/grub2/grub.cfg; do
    if sudo -n test -s "$file"; then sudo -n grep -hE '^[[:space:]]*linux(16|efi)?[[:space:]]' "$file"; fi
  done
}

root_by_uuid() {
  local found
  found=$(entries)
  printf '%s\n' "${found:-no entry}"
  [[ -n $found ]] && ! grep -vq "root=UUID=$(root_uuid)" <<<"$found"
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

# The one that looks after upgrades: GRUB for the BIOS knows the disk, GRUB for EFI the removable media path.
boot_loader_answers() {
  local name disk
  if [[ $(family) != debian ]]; then return; fi
  disk=$(lsblk --noheadings --output PKNAME "$(findmnt -n -o SOURCE /)")
  for name in grub-pc grub-efi-amd64 grub-efi-arm64; do
    dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || continue
    sudo -n debconf-show "$name" | grep -E "(grub-pc/install_devices: /dev/$disk|force_efi_extra_removable: true)\$" ||
      { sudo -n debconf-show "$name" | grep -E 'install_devices:|removable:' && return 1; }
    return
  done
  echo "no GRUB package that looks after upgrades"
  return 1
}

cloud_disks() {
  nothing "$(sudo -n grep -rEhs '/dev/(xvd|nvme)[a-z0-9]' /etc/fstab /etc/crypttab /etc/default/grub /etc/default/grub.d \
    /boot/grub/grub.cfg /boot/grub2/grub.cfg /etc/initramfs-tools/conf.d | grep -v '^[[:space:]]*#')"
}

check "systemd says running, no unit failed" settled
check "nothing timed out" timed_out
check "the kernel reports no disk error and no crash" disk_errors
fix=kernel-command-line check "the kernel's console is on no serial port" nothing "$(grep -o 'console=tty[A-Z][^ ]*' /proc/cmdline)"
check "the kernel was given the root by UUID" like "$(cat /proc/cmdline)" "root=UUID=$(root_uuid)( |$)"
check "the boot loader's entries find the root by UUID" root_by_uuid
check "the newest kernel is running" newest_kernel
fix=kernel check "the kernel has the drivers of VirtualBox's hardware" drivers
fix=initramfs check "an initramfs is made for any machine" initramfs_settings
fix=boot-loader check "upgrades of GRUB know where it belongs" boot_loader_answers
check "no setting names a disk of a cloud" cloud_disks
check "a login waits on the screen" is "$(systemctl is-active getty@tty1.service)" active
