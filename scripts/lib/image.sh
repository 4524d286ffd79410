# shellcheck shell=bash
# Opens a disk image for reading and finds the Linux root in it; sourced after stage.sh.
#
#   attach_image FILE FORMAT     # raw, qcow2, vmdk or vpc; sets IMAGE_DISK, a file of raw sectors
#   mount_image_root             # sets SOURCE_ROOT, and SOURCE_BOOT when /boot stands apart
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
  fail "$file cannot be read as a $format image: $(tail -n 1 "$log" | cut -c1-300)"
}

stop_daemon() {
  kill "$1" 2>/dev/null || return 0
  wait "$1" || true
}

# Prints the size of a file or of a block device.
disk_bytes() {
  if [[ -b $1 ]]; then blockdev --getsize64 "$1"; else stat -c %s "$1"; fi
}

# Prints `start size` in sectors of 512 bytes for each partition; for a disk without a partition table,
# the whole of it.
list_partitions() {
  local table
  if table=$(sfdisk --json "$IMAGE_DISK" 2>>"$STAGE_LOG"); then
    jq -r '.partitiontable | (.sectorsize // 512) as $bytes | .partitions[]?
      | "\(.start * $bytes / 512) \(.size * $bytes / 512)"' <<<"$table"
  else
    echo "0 $(($(disk_bytes "$IMAGE_DISK") / 512))"
  fi
}

# Mounts one partition read-only at a folder; false when it holds no file system that can be mounted.
mount_partition() {
  local start=$1 size=$2 kind=$3 at=$4 options
  # A journal that was not replayed is left alone: replaying would write to the source.
  case $kind in
    ext2 | ext3 | ext4) options=noload ;;
    xfs) options=norecovery,nouuid ;;
    btrfs) options=rescue=nologreplay ;;
    *) return 1 ;;
  esac
  mkdir -p "$at"
  # A loop device that mount sets up goes with the mount, even when the stage is killed.
  mount -t "$kind" -o "ro,loop,offset=$((start * 512)),sizelimit=$((size * 512)),$options" \
    "$IMAGE_DISK" "$at" 2>>"$STAGE_LOG" || return 1
  defer umount "$at"
}

looks_like_root() {
  [[ -d $1/etc && -d $1/usr/bin ]] && [[ -e $1/etc/os-release || -L $1/etc/os-release || -e $1/usr/lib/os-release ]]
}

looks_like_boot() {
  compgen -G "$1/vmlinuz-*" >/dev/null && [[ ! -d $1/etc ]]
}

mount_image_root() {
  local start size kind at number=0 found=() roots=() boots=()
  while read -r start size; do
    number=$((number + 1))
    kind=$(blkid --probe --offset $((start * 512)) --size $((size * 512)) --output value --match-tag TYPE "$IMAGE_DISK" 2>>"$STAGE_LOG" || true)
    found+=("partition $number: ${kind:-no file system}")
    at=$STAGE_TMP/partition$number
    mount_partition "$start" "$size" "$kind" "$at" || continue
    if looks_like_root "$at"; then
      roots+=("$at")
    elif looks_like_boot "$at"; then
      boots+=("$at")
    fi
  done < <(list_partitions)

  local all
  all=$(printf '%s; ' "${found[@]:-no partition}")
  case ${#roots[@]} in
    1) SOURCE_ROOT=${roots[0]} ;;
    0)
      case $all in
        *LVM2_member*) fail "the image's root stands on LVM (${all%; }), which is not read; give an image with a plain partition" ;;
        *crypto_LUKS*) fail "the image is encrypted (${all%; }); give an image with a plain partition" ;;
        *) fail "no Linux root was found in the image (${all%; }); one partition must hold /etc, /usr and an os-release file" ;;
      esac
      ;;
    *) fail "${#roots[@]} Linux roots were found in the image (${all%; }); give an image with one" ;;
  esac
  # shellcheck disable=SC2034 # read by overlay.sh
  SOURCE_BOOT=
  # shellcheck disable=SC2034 # read by overlay.sh
  if ((${#boots[@]} == 1)) && ! compgen -G "$SOURCE_ROOT/boot/vmlinuz-*" >/dev/null; then
    SOURCE_BOOT=${boots[0]}
  fi
}
