# shellcheck shell=bash disable=SC2034
# What the boot proof needs to know of a .box; sourced after scripts/lib/stage.sh.
#
#   box_inspect FILE     # sets BOX_PROVIDER, BOX_ARCH, BOX_CPUS, BOX_MEMORY_MIB, BOX_FIRMWARE, DISK_FORMAT,
#                        # DISK_OFFSET, DISK_SIZE, DISK_CAPACITY
#
# A box is a tar archive with metadata.json and one disk: for VirtualBox a VMDK beside box.ovf (Vagrant's
# documentation, "VirtualBox box format"), for libvirt a qcow2 called box.img (vagrant-libvirt, "Box Formats").
# Nothing is unpacked: QEMU reads the disk where it stands in the archive.

box_inspect() {
  local box=$1 listing=$STAGE_TMP/box.list metadata=$STAGE_TMP/metadata.json ovf=$STAGE_TMP/box.ovf
  local disks=() name member offset size status=0
  [[ $(head -c 2 "$box" | od -An -tx1) != " 1f 8b" ]] ||
    fail "$box is compressed with gzip; the boot proof reads the disk inside a plain tar archive"
  LC_ALL=C tar --numeric-owner --quoting-style=escape -tvRf "$box" >"$listing" 2>"$listing.err" || status=$?
  # Name, then the block of the member's header, then its bytes.
  sed -n -E 's/^block ([0-9]+): -\S+ +\S+ +([0-9]+) \S+ \S+ (\.\/)?(.*)$/\4\t\1\t\2/p' "$listing" \
    >"$listing.files"
  if ((status != 0)); then
    name=$(awk -F '\t' -v bytes="$(stat -c %s "$box")" '($2 + 1) * 512 + $3 > bytes { print $1 }' "$listing.files")
    [[ -z $name ]] || fail "$box is cut short: it ends inside $name"
    fail "$box is no complete tar archive: $(head -n 1 "$listing.err")"
  fi
  box_extract "$box" metadata.json
  BOX_PROVIDER=$(jq -r '.provider // "none"' "$metadata" 2>>"$STAGE_LOG") ||
    fail "metadata.json in $box is no JSON object"
  BOX_ARCH=$(jq -r '.architecture // "amd64"' "$metadata")
  case $BOX_PROVIDER in
    virtualbox)
      DISK_FORMAT=vmdk
      box_extract "$box" box.ovf
      BOX_CPUS=$(ovf_quantity 3 "$ovf")
      BOX_MEMORY_MIB=$(ovf_quantity 4 "$ovf")
      # Only VirtualBox's own part of the descriptor can name the firmware.
      BOX_FIRMWARE=bios
      if grep -Eq '<Firmware type="EFI' "$ovf"; then BOX_FIRMWARE=efi; fi
      mapfile -t disks < <(cut -f1 "$listing.files" | grep -i '\.vmdk$' || true)
      ;;
    libvirt)
      DISK_FORMAT=qcow2
      # They stand in the Vagrantfile, which is a program: as libvirt starts any machine.
      BOX_CPUS='' BOX_MEMORY_MIB='' BOX_FIRMWARE=bios
      [[ $BOX_ARCH != arm64 ]] || BOX_FIRMWARE=efi
      mapfile -t disks < <(cut -f1 "$listing.files" | grep -x 'box\.img' || true)
      ;;
    *) fail "$box is for the provider '$BOX_PROVIDER'; the boot proof knows virtualbox and libvirt" ;;
  esac
  ((${#disks[@]} == 1)) ||
    fail "$box holds ${#disks[@]} ${DISK_FORMAT^^} files (${disks[*]}); the boot proof needs exactly one"
  read -r DISK_OFFSET DISK_SIZE < <(box_member "${disks[0]}")
  disk_header "$box"
}

# Takes a small member out of the archive, into the stage's folder.
box_extract() {
  local box=$1 name=$2 member offset size
  member=$(box_member "$name") || fail "$box holds no $name, which Vagrant needs"
  read -r offset size <<<"$member"
  dd if="$box" of="$STAGE_TMP/$name" bs=512 skip=$((offset / 512)) count=$(((size + 511) / 512)) status=none
  truncate -s "$size" "$STAGE_TMP/$name"
}

# Prints where the bytes of a member begin in the archive, and how many there are. A tar archive counts
# in blocks of 512 bytes; the content follows the header's one.
box_member() {
  awk -F '\t' -v name="$1" '$1 == name { print ($2 + 1) * 512, $3; found = 1; exit } END { exit !found }' \
    "$STAGE_TMP/box.list.files"
}

# Sets DISK_CAPACITY (bytes) from the disk's header. VMDK: the magic "KDMV", and at byte 12 the capacity in
# sectors ("Virtual Disk Format 5.0", section "Hosted Sparse Extent Header"). qcow2: "QFI" and 0xfb, and at
# byte 24 the size in bytes, the first byte first (QEMU, docs/interop/qcow2.txt, "Header").
disk_header() {
  local box=$1 header=$STAGE_TMP/disk-header sectors
  dd if="$box" of="$header" bs=512 skip=$((DISK_OFFSET / 512)) count=1 status=none
  if [[ $DISK_FORMAT == qcow2 ]]; then
    [[ $(od -An -N 4 -tx1 "$header") == " 51 46 49 fb" ]] || fail "the disk in $box does not begin as a qcow2 does"
    DISK_CAPACITY=$(od -An -j 24 -N 8 -tu8 --endian=big "$header" | tr -d ' ')
    ((DISK_CAPACITY > 0)) || fail "the disk in $box says that it holds 0 bytes"
    return
  fi
  [[ $(od -An -N 4 -tx1 "$header") == " 4b 44 4d 56" ]] || fail "the disk in $box does not begin as a sparse VMDK does"
  sectors=$(od -An -j 12 -N 8 -tu8 --endian=little "$header" | tr -d ' ')
  ((sectors > 0)) || fail "the disk in $box says that it holds 0 bytes"
  DISK_CAPACITY=$((sectors * 512))
}

# Prints the quantity of an OVF hardware item by its resource type (3: processors, 4: memory, in MiB
# unless its units say gigabytes), or nothing.
ovf_quantity() {
  tr -d '\n\r' <"$2" | sed -E 's#</([a-zA-Z]+:)?Item>#\n#g' |
    awk -v type="$1" '
      function value(tag) {
        if (!match($0, "<([a-zA-Z]+:)?" tag ">[^<]*")) return ""
        found = substr($0, RSTART, RLENGTH); sub(/^[^>]*>/, "", found); return found
      }
      # Reads on after the first: an awk that leaves early breaks the pipe.
      !seen && value("ResourceType") == type {
        factor = value("AllocationUnits") ~ /2\^30|^G/ ? 1024 : 1
        print value("VirtualQuantity") * factor
        seen = 1
      }'
}
