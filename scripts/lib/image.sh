# shellcheck shell=bash disable=SC2034
# Opens a disk image for reading and mounts what stands on it; sourced after stage.sh. The Linux root in it
# is found by image-root.sh.
#
#   attach_image FILE FORMAT     # raw, qcow2, vmdk or vpc; sets IMAGE_DISK, a file of raw sectors
#   mount_partitions             # sets PART_COUNT and, by number, PART_KIND, PART_IDS and PART_AT
#
# Both return 1 with a sentence in IMAGE_PROBLEM when the image cannot be read.
#
# Every way in is read-only: the image is the same to the byte afterwards. Partitions are reached by
# offset and size, so that neither a partition scan nor device-mapper is needed.

# A raw image is its own raw file. Other formats are shown as one through FUSE, without converting them.
attach_image() {
  local file=$1 format=$2 log=$STAGE_TMP/image.log tries
  if [[ $format == raw ]]; then
    IMAGE_DISK=$file
    return
  fi
  IMAGE_DISK=$STAGE_TMP/image.disk
  : >"$IMAGE_DISK"
  qemu-storage-daemon \
    --blockdev "driver=file,node-name=file,filename=$file,read-only=on,auto-read-only=off,locking=off" \
    --blockdev "driver=$format,node-name=disk,file=file,read-only=on" \
    --export "type=fuse,id=disk,node-name=disk,mountpoint=$IMAGE_DISK,writable=off" \
    >"$log" 2>&1 &
  local daemon=$!
  defer stop_daemon "$daemon"
  for ((tries = 0; tries < 100; tries++)); do
    [[ $(stat -c %s "$IMAGE_DISK") == 0 ]] || return 0
    kill -0 "$daemon" 2>/dev/null || break
    sleep 0.1
  done
  IMAGE_PROBLEM="$file cannot be read as a $format image: $(tail -n 1 "$log" | cut -c1-300)"
  return 1
}

stop_daemon() {
  kill "$1" 2>/dev/null || return 0
  wait "$1" || true
}

# Prints the size of a file or of a block device.
disk_bytes() {
  if [[ -b $1 ]]; then blockdev --getsize64 "$1"; else stat -c %s "$1"; fi
}

# Prints `number start size type uuid name` of each partition, in sectors of 512 bytes, as the partition table
# has them; for a disk without one, the whole of it. What there is not is a dash.
list_partitions() {
  local table
  if table=$(sfdisk --json "$IMAGE_DISK" 2>>"$STAGE_LOG"); then
    # A partition of an msdos table has no UUID; Linux makes one of the disk's and the number.
    jq -r --arg disk "$IMAGE_DISK" '.partitiontable | (.sectorsize // 512) as $bytes
      | (if .label == "dos" then .id[2:] else null end) as $id | .partitions[]?
      | (.node[($disk | length):] | ltrimstr("p")) as $number
      | [$number, .start * $bytes / 512, .size * $bytes / 512, .type,
         (if $id then "\($id)-\("0" + $number | .[-2:])" else .uuid // "-" end | ascii_downcase),
         (.name // "-" | gsub("\\s"; "_"))] | map(tostring) | join(" ")' <<<"$table"
  else
    echo "1 0 $(($(disk_bytes "$IMAGE_DISK") / 512)) - - -"
  fi
}

# Mounts a partition of a disk, as opposed to a file. A loop device hands requests on one after the other unless they
# bypass its cache; a disk answers many at once, and a fresh EBS volume, whose every first read is a trip to S3, must
# be asked so.
mount_disk_partition() {
  local start=$1 size=$2 kind=$3 at=$4 options=$5 device status=0
  device=$(losetup --find --show --read-only --direct-io=on --offset "$start" --sizelimit "$size" "$IMAGE_DISK") || return 1
  mount -t "$kind" -o "ro,$options" "$device" "$at" || status=$?
  # To detach what is in use only marks it: it goes with the mount.
  losetup --detach "$device"
  return "$status"
}

# Mounts one partition read-only at a folder; false when it holds no file system that can be mounted.
mount_partition() {
  local start=$1 size=$2 kind=$3 at=$4 options
  # A journal that was not replayed is left alone: replaying would write to the source.
  case $kind in
    ext2 | ext3 | ext4) options=noload ;;
    xfs) options=norecovery,nouuid ;;
    # The top, with all subvolumes below it.
    btrfs) options=rescue=nologreplay,subvolid=5 ;;
    *) return 1 ;;
  esac
  mkdir -p "$at"
  if [[ -b $IMAGE_DISK ]]; then
    mount_disk_partition $((start * 512)) $((size * 512)) "$kind" "$at" "$options" 2>>"$STAGE_LOG" || return 1
  else
    # A loop device that mount sets up goes with the mount, even when the stage is killed.
    mount -t "$kind" -o "ro,loop,offset=$((start * 512)),sizelimit=$((size * 512)),$options" \
      "$IMAGE_DISK" "$at" 2>>"$STAGE_LOG" || return 1
  fi
  defer umount "$at"
}

mount_partitions() {
  local number start size type uuid name at
  PART_COUNT=0
  declare -gA PART_KIND=() PART_TYPE=() PART_IDS=() PART_AT=()
  while read -r number start size type uuid name; do
    PART_COUNT=$((PART_COUNT + 1))
    at=$STAGE_TMP/partition$number
    # The names fstab may call it by, one a line.
    PART_IDS[$number]="number=$number"$'\n'"PARTUUID=$uuid"$'\n'"PARTLABEL=$name"$'\n'$(
      blkid --probe --offset $((start * 512)) --size $((size * 512)) --output export \
        --match-tag TYPE --match-tag UUID --match-tag LABEL "$IMAGE_DISK" 2>>"$STAGE_LOG" || true
    )
    PART_KIND[$number]=$(sed -n 's/^TYPE=//p' <<<"${PART_IDS[$number]}")
    PART_TYPE[$number]=$type
    if mount_partition "$start" "$size" "${PART_KIND[$number]}" "$at"; then
      PART_AT[$number]=$at
    fi
  done < <(list_partitions)
}

# The numbers of the partitions, in order.
partition_numbers() {
  printf '%s\n' "${!PART_KIND[@]}" | sort -n
}
