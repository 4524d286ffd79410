# shellcheck shell=bash disable=SC2034
# Finds the Linux root in an image, and the parts of its tree that stand on other partitions or btrfs
# subvolumes; sourced after image.sh.
#
#   mount_image_root     # sets SOURCE_ROOT (folder), SOURCE_PARTS and SOURCE_LAYOUT (a few words for people)
#
# SOURCE_PARTS holds `mount point=folder`, parents first, such as /boot=/.../partition1. Returns 1 with a
# sentence in IMAGE_PROBLEM and IMAGE_REMEDY when there is no root to be had.

looks_like_root() {
  [[ -d $1/etc && -d $1/usr/bin ]] && [[ -e $1/etc/os-release || -L $1/etc/os-release || -e $1/usr/lib/os-release ]]
}

looks_like_boot() {
  compgen -G "$1/vmlinuz-*" >/dev/null && [[ ! -d $1/etc ]]
}

mount_image_root() {
  local number folder roots=() boots=()
  SOURCE_PARTS=()
  mount_partitions
  for number in $(partition_numbers); do
    [[ -n ${PART_AT[$number]:-} ]] || continue
    while read -r folder; do roots+=("$number $folder"); done < <(roots_on "$number")
    if looks_like_boot "${PART_AT[$number]}"; then boots+=("$number"); fi
  done
  if ((${#roots[@]} != 1)); then
    tell_no_root "${#roots[@]}"
    return 1
  fi
  read -r number SOURCE_ROOT <<<"${roots[0]}"
  SOURCE_LAYOUT="${PART_KIND[$number]} on partition $number"
  [[ ${PART_TYPE[$number]} != - ]] || SOURCE_LAYOUT="${PART_KIND[$number]} on a disk without partitions"
  [[ $SOURCE_ROOT == "${PART_AT[$number]}" ]] || SOURCE_LAYOUT+=", subvolume ${SOURCE_ROOT#"${PART_AT[$number]}"/}"
  find_parts
  # A kernel of its own on the root means that the boot partition is another system's.
  if ((${#boots[@]} == 1)) && [[ ${SOURCE_PARTS[*]:-} != *"/boot="* ]] && ! compgen -G "$SOURCE_ROOT/boot/vmlinuz-*" >/dev/null; then
    add_part /boot "${PART_AT[${boots[0]}]}"
  fi
}

# Prints the folders on a partition that are Linux roots. On btrfs the root may be a subvolume: the one
# mounted by default, or one below the top; of several, those whose own fstab says so. Snapshots of a root
# look like one too, and are passed over.
roots_on() {
  local at=${PART_AT[$1]} folder found=() named=()
  if [[ ${PART_KIND[$1]} == btrfs ]]; then
    folder=$(default_subvolume "$at")
    if [[ -n $folder ]] && looks_like_root "$folder"; then
      echo "$folder"
      return
    fi
  elif looks_like_root "$at"; then
    echo "$at"
    return
  fi
  # 256 is the inode number of the top of every subvolume (btrfs on-disk format, BTRFS_FIRST_FREE_OBJECTID).
  while read -r folder; do
    looks_like_root "$folder" || continue
    found+=("$folder")
    if awk -v name="${folder#"$at"/}" '$2 == "/" && $4 ~ "(^|,)subvol=/?" name "(,|$)" { hit = 1 } END { exit !hit }' \
      "$folder/etc/fstab" 2>/dev/null; then
      named+=("$folder")
    fi
  done < <(find "$at" -mindepth 1 -maxdepth 2 -type d -inum 256 ! -path '*snapshot*' | LC_ALL=C sort)
  if ((${#found[@]} > 1 && ${#named[@]} > 0)); then found=("${named[@]}"); fi
  ((${#found[@]} == 0)) || printf '%s\n' "${found[@]}"
}

# Prints the folder, below the mounted top, of the subvolume that btrfs mounts when none is named.
default_subvolume() {
  local at=$1 device name
  device=$(awk -v at="$at" '$2 == at { print $1 }' /proc/self/mounts)
  mkdir -p "$at.default"
  # In a namespace of its own, so that the mount is gone afterwards.
  # shellcheck disable=SC2016 # for the shell in there
  name=$(unshare --mount --propagation private bash -c '
    mount -t btrfs -o ro,rescue=nologreplay "$1" "$2" && awk -v at="$2" "\$5 == at { print \$4 }" /proc/self/mountinfo' \
    bash "$device" "$at.default" 2>>"$STAGE_LOG") || return 0
  echo "${at}${name%/}"
}

tell_no_root() {
  local number kind all='' kinds
  kinds=" ${PART_KIND[*]:-} "
  for number in $(partition_numbers); do
    kind=${PART_KIND[$number]:-no file system}
    if [[ $kind =~ ^(ext[234]|xfs|btrfs)$ && -z ${PART_AT[$number]:-} ]]; then kind+=" that this kernel cannot mount"; fi
    all+="; partition $number: $kind"
  done
  all=${all#; }
  IMAGE_REMEDY="give an image with a plain partition"
  if (($1 > 1)); then
    IMAGE_PROBLEM="$1 Linux roots were found in the image (${all:-no partition})"
    IMAGE_REMEDY="give an image with one"
  elif [[ $kinds == *" LVM2_member "* ]]; then
    IMAGE_PROBLEM="the image's root stands on LVM ($all), which is not read"
  elif [[ $kinds == *" crypto_LUKS "* ]]; then
    IMAGE_PROBLEM="the image is encrypted ($all)"
  elif [[ $kinds == *" linux_raid_member "* ]]; then
    IMAGE_PROBLEM="the image's root stands on a software RAID ($all), which is not read"
  else
    IMAGE_PROBLEM="no Linux root was found in the image (${all:-no partition})"
    IMAGE_REMEDY="one partition, with ext2 to ext4, XFS or btrfs, must hold /etc, /usr and an os-release file"
  fi
}

# The other parts of the tree, as the root's own fstab names them. What is not on this disk is left out:
# 30-fstab takes its entry away.
find_parts() {
  local point source options number folder
  while read -r point source options; do
    number=$(partition_named "$source")
    if [[ -z $number || -z ${PART_AT[$number]:-} ]]; then
      echo "fstab: $source for $point is not on this disk" >>"$STAGE_LOG"
      continue
    fi
    folder=${PART_AT[$number]}
    if [[ ${PART_KIND[$number]} == btrfs && $options =~ (^|,)subvol=/?([^,]+) ]]; then
      folder=$folder/${BASH_REMATCH[2]}
    fi
    if [[ -d $folder && $folder != "$SOURCE_ROOT" ]]; then add_part "$point" "$folder"; fi
  done < <(awk '!/^[[:space:]]*#/ && $2 ~ "^/." && $3 ~ /^(ext[234]|xfs|btrfs|auto)$/ { print $2, $1, $4 }' \
    "$SOURCE_ROOT/etc/fstab" 2>/dev/null | LC_ALL=C sort)
}

add_part() {
  SOURCE_PARTS+=("$1=$2")
  SOURCE_LAYOUT+="; $1 apart"
}

# Prints the number of the partition that fstab calls by this name: a tag (UUID=, LABEL=, PARTUUID=,
# PARTLABEL=), its link below /dev/disk, or the device of a machine's first disk.
partition_named() {
  local name=${1//\"/} number
  if [[ $name =~ ^/dev/disk/by-(uuid|label|partuuid|partlabel)/(.+)$ ]]; then
    name=${BASH_REMATCH[1]^^}=${BASH_REMATCH[2]}
  elif [[ $name =~ ^/dev/(sda|vda|xvda|hda|nvme0n1p|mmcblk0p)([0-9]+)$ ]]; then
    name=number=${BASH_REMATCH[2]}
  fi
  for number in $(partition_numbers); do
    if grep -Fxiq -- "$name" <<<"${PART_IDS[$number]}"; then
      echo "$number"
      return
    fi
  done
}
