# shellcheck shell=bash
# What every fix has in common; sourced, never run.
#
# A fix defines check, which calls verdict exactly once, and fix, which makes check say ok; then it ends
# with `run "$@"`. By hand, inside the image or with AMI2BOX_ROOT at a mounted one:
#
#   $ scripts/fixes/10-kernel.sh check
#   6.1.0-37-cloud-amd64 has no ahci, e1000	fix	install linux-image-amd64, remove the other
#   $ AMI2BOX_MODE=chroot scripts/fixes/10-kernel.sh fix
#
# check prints found, verdict (ok, fix, refuse) and remedy, TAB-separated, and changes nothing.
# fix does nothing on ok, repairs on fix, fails on refuse. Doing it twice is doing it once.

# shellcheck source=../provision/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../provision/lib.sh"

verdict() { # verdict FOUND ok|fix|refuse [REMEDY]
  printf '%s\t%s\t%s\n' "$1" "$2" "${3:-}"
}

run() {
  local found judged remedy
  case ${1:-} in
    check) check ;;
    fix)
      require AMI2BOX_MODE
      require_one_of AMI2BOX_MODE chroot live
      IFS=$'\t' read -r found judged remedy < <(check)
      case $judged in
        ok) ;;
        fix)
          say "$found: $remedy"
          fix
          IFS=$'\t' read -r found judged remedy < <(check)
          [[ $judged == ok ]] || die "$found, also after the fix"
          ;;
        *) die "$found; $remedy" ;;
      esac
      ;;
    *) die "expected check or fix, got '${1:-}'" ;;
  esac
}

# list ITEM...: joined by commas.
list() {
  local joined
  joined=$(printf ', %s' "$@")
  printf '%s' "${joined#, }"
}

# The drivers of the hardware that VirtualBox, and libvirt where there is a box for it (AMI2BOX_PROVIDERS), show
# the guest: disk controller, disk, network card.
hardware_drivers() {
  case $(architecture) in
    arm64) echo virtio_pci virtio_scsi sd_mod virtio_net ;;
    *) echo ahci sd_mod e1000 ;;
  esac
  if [[ " ${AMI2BOX_PROVIDERS:-} " == *" libvirt "* ]]; then echo virtio_pci virtio_blk virtio_net; fi
}
