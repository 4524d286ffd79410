# shellcheck shell=bash
# Finds the disk that is an EBS volume, by the volume's id; sourced after stage.sh.
#
#   find_volume VOLUME_ID [DEVICE]   # sets VOLUME_DISK, the block device; waits up to a minute for it
#   check_volume_is_free             # fails when VOLUME_DISK is in use, the root disk above all
#
# The name that was asked for at attachment says nothing on machines with NVMe (Amazon EC2 User Guide, "Map
# Amazon EBS volumes to NVMe device names"): there the volume's id is the disk's serial number. Only Xen
# machines, whose disks carry no id, go by DEVICE, the attachment's name such as /dev/sdf.
#
# Reads DEV and SYS (/dev and /sys), VOLUME_WAIT (seconds, 60): for tests, and for odd machines.
: "${DEV:=/dev}" "${SYS:=/sys}" "${VOLUME_WAIT:=60}"

# Prints the disk with that id; false when there is none yet.
volume_by_id() {
  local id=$1 serial=${1//-/} name disk
  disk=$DEV/disk/by-id/nvme-Amazon_Elastic_Block_Store_$serial
  if [[ -e $disk ]]; then
    realpath "$disk"
    return 0
  fi
  # What lsblk shows as SERIAL, without needing udev's database.
  for name in "$SYS"/block/*; do
    if [[ -r $name/device/serial && $(tr -d ' ' <"$name/device/serial") == "$serial" ]]; then
      echo "$DEV/$(basename "$name")"
      return 0
    fi
  done
  # From amazon-ec2-utils: asks the disk itself.
  command -v ebsnvme-id >/dev/null || return 1
  for disk in "$DEV"/nvme*n[0-9]*; do
    [[ $disk =~ p[0-9]+$ ]] && continue
    if ebsnvme-id -v "$disk" 2>>"$STAGE_LOG" | grep -qw "$id"; then
      echo "$disk"
      return 0
    fi
  done
  return 1
}

has_ebs_over_nvme() {
  grep -qs 'Amazon Elastic Block Store' "$SYS"/block/nvme*/device/model
}

# Prints the disk a Xen kernel made of the attachment's name: sdf or xvdf is xvdf there, on some images xvdj.
volume_by_name() {
  local letters=${1##*/} name
  letters=${letters#sd}
  letters=${letters#xvd}
  for name in "xvd$letters" "sd$letters"; do
    if [[ -e $DEV/$name ]]; then
      realpath "$DEV/$name"
      return 0
    fi
  done
  return 1
}

disks_there_are() {
  find "$SYS/block" -mindepth 1 -maxdepth 1 -printf '%f\n' | grep -Ev '^(loop|ram|zram)' | sort | paste -sd' '
}

find_volume() {
  local id=$1 device=${2:-} waited=0
  [[ $id =~ ^vol-[0-9a-f]+$ ]] || fail "VOLUME_ID is '$id'; it must be an EBS volume's id such as vol-0123456789abcdef0"
  while ! VOLUME_DISK=$(volume_by_id "$id"); do
    if [[ -n $device ]] && ! has_ebs_over_nvme && VOLUME_DISK=$(volume_by_name "$device"); then break; fi
    ((waited < VOLUME_WAIT)) ||
      fail "no disk of this machine is the volume $id after $VOLUME_WAIT s; the disks are $(disks_there_are)"
    ((waited > 0)) || progress "waiting for the volume $id"
    sleep 1
    waited=$((waited + 1))
  done
  [[ -b $VOLUME_DISK ]] || fail "$VOLUME_DISK, which is to be the volume $id, is no block device"
  check_volume_is_free
  # From here on the kernel itself refuses to write to it.
  blockdev --setro "$VOLUME_DISK" 2>>"$STAGE_LOG" || true
}

# The disk and its partitions, by their names in /dev and by their device numbers.
names_of_volume() {
  local name part
  name=$(basename "$VOLUME_DISK")
  for part in "$SYS/class/block/$name" "$SYS/class/block/$name/$name"*; do
    [[ $part == "$SYS/class/block/$name" || -e $part/partition ]] || continue
    basename "$part"
    cat "$part/dev" 2>/dev/null || true
  done
}

check_volume_is_free() {
  local source number at names used_for
  names=" $(names_of_volume | tr '\n' ' ')"
  while read -r source number at; do
    # By number too: a root that the kernel mounted by itself is called /dev/root.
    source=$(basename "$(realpath --canonicalize-missing "$source")")
    [[ $names == *" $source "* || $names == *" $number "* ]] || continue
    used_for="mounted at $at"
    [[ $at != / ]] || used_for="this machine's root disk"
    fail "$VOLUME_DISK is $used_for, not a volume to read; check the attachment"
  done < <(used_devices)
}

# Prints `device number place` for everything that is mounted or swapped to.
used_devices() {
  findmnt --list --noheadings --nofsroot --output SOURCE,MAJ:MIN,TARGET
  awk 'NR > 1 { print $1, "-", "swap" }' /proc/swaps
}
