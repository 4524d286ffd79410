# shellcheck shell=bash disable=SC2034
# The way into the clones, and whether the box lets in those it should and nobody else; sourced by
# scripts/stages/boot-proof.sh.
#
#   take_way_in            # sets SSH_LOGIN, the key that the proof logs in with, and LENT_LAYER (may be empty)
#   check_access a         # as seen from outside
#
# A public box is entered as Vagrant does. A private one knows only its owner's keys, whose private halves
# are none of our business: the clones run on a layer that adds a key of this run. The layer is thrown
# away, and the box is only read.

take_way_in() {
  ssh_take_keys
  SSH_LOGIN=$SSH_RSA LENT_LAYER=
  printf '#!/bin/sh\necho vagrant\n' >"$STAGE_TMP/askpass"
  chmod 700 "$STAGE_TMP/askpass"
  [[ $ACCESS == private ]] || return 0
  progress "lending the clones a key, in a layer over the box"
  SSH_LOGIN=$STAGE_TMP/lent
  run ssh-keygen -q -t ed25519 -N '' -C 'lent by the boot proof' -f "$SSH_LOGIN"
  lend_key
}

# Writes the key's public half where vagrant's keys are, through the layer.
lend_key() {
  local layer=$STAGE_TMP/lent.qcow2 disk=$STAGE_TMP/lent.disk root=$STAGE_TMP/lent.root tries=0 daemon start keys
  run qemu-img create -q -f qcow2 "$layer" "$DISK_CAPACITY"
  : >"$disk"
  qemu-storage-daemon --blockdev "$(disk_blockdev "$layer")" \
    --export "type=fuse,id=disk,node-name=disk,mountpoint=$disk,writable=on" >>"$STAGE_LOG" 2>&1 &
  daemon=$!
  until [[ $(stat -c %s "$disk") != 0 ]]; do
    if ((tries++ >= 100)) || ! kill -0 "$daemon" 2>/dev/null; then
      fail "the disk in $BOX could not be opened for a key of the boot proof; the whole log is $STAGE_LOG"
    fi
    pause 0.1
  done
  # The root is the first of the table.
  start=$(sfdisk --json "$disk" | jq '.partitiontable.partitions[0].start')
  mkdir "$root"
  run mount_writable "$disk" $((start * 512)) "$root"
  defer umount "$root"
  keys=$root$(sed -n 's/^vagrant:.*:\([^:]*\):[^:]*$/\1/p' "$root/etc/passwd")/.ssh/authorized_keys
  [[ -s $keys && ! -L $keys ]] || fail "the private box $BOX has no keys for the user vagrant"
  cat "$SSH_LOGIN.pub" >>"$keys"
  run umount "$root"
  kill "$daemon"
  wait "$daemon" || true
  LENT_LAYER=$layer
}

# check_login TITLE in|out COMMAND...: whether the guest lets someone in, or turns them away by itself.
check_login() {
  local title=$1 wanted=$2 said=$STAGE_TMP/login.said
  shift 2
  if "$@" true </dev/null >"$said" 2>&1; then
    if [[ $wanted == in ]]; then check ok "$title"; else check failed "$title" "was let in"; fi
  elif [[ $wanted == out ]] && grep -q 'Permission denied' "$said"; then
    check ok "$title"
  else
    check failed "$title" "$(tail -n 1 "$said" | cut -c1-200)"
  fi
}

check_access() {
  local name=$1 user
  if [[ $ACCESS == public ]]; then
    # Vagrant before 2.3.8 knows only the RSA key, later ones offer both.
    check ok "logs in with Vagrant's RSA key" "user vagrant"
    check_login "logs in with Vagrant's ED25519 key" in ssh_guest "$name" "$SSH_ED25519" 30
    check_login "logs in with the password vagrant" in ssh_with_password "$name" vagrant 30
    return
  fi
  check ok "logs in with a key that was added to the owner's" "user vagrant"
  for user in vagrant root; do
    check_login "refuses Vagrant's RSA key to $user" out ssh_guest_as "$user" "$name" "$SSH_RSA" 30
    check_login "refuses Vagrant's ED25519 key to $user" out ssh_guest_as "$user" "$name" "$SSH_ED25519" 30
    check_login "refuses the password vagrant to $user" out ssh_with_password "$name" "$user" 30
  done
}
