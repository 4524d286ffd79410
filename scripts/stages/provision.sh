#!/usr/bin/env bash
# Runs the provisioning scripts in the source, as if it had booted, without writing to the source: what
# they change goes to a folder of its own, laid over the source by overlayfs.
#
# Variables: WORK_DIR; SOURCE_TYPE: `debian` with SOURCE_TREE (folder), or `image` with IMAGE (file) and
# IMAGE_FORMAT (raw, qcow2, vmdk, vpc); EPOCH (seconds since 1970 that files are dated by; for an image the
# time of its last package operation when not given); USER_SCRIPTS (your own scripts, one path a line, may
# be empty); GUEST_ADDITIONS (auto, in-tree, oracle, none). Optional: FIRMWARE (bios, efi, both; bios),
# ACCESS (public, private; public), AUTHORIZED_KEYS (text of the public keys of a private box), SKIP_FIXES (names
# of fixes that are turned off, separated by spaces).
# Needs: util-linux, jq, qemu-utils for images that are not raw; overlayfs; root.
# Makes: $WORK_DIR/provision, the changes (root/, and boot/ where the source keeps it apart), and
#   $WORK_DIR/packages.tsv, the packages now installed, with their versions.
# Prints: {"stage":"provision","seconds":14.2,"path":".../provision","inputBytes":..,"outputBytes":..,
#          "sha256":"..","epoch":..,"fixes":[{"name":"kernel","found":"..","verdict":"fix","remedy":".."}, ..],
#          "access":"public","guestAdditions":{"guestAdditions":"in-tree","sharedFolder":"virtualbox",
#          "kernels":[".."],"reason":""},"packages":205,"packagesSha256":".."}
#
# By hand:
#   WORK_DIR=/var/tmp/box SOURCE_TYPE=image IMAGE=/srv/disk.qcow2 IMAGE_FORMAT=qcow2 USER_SCRIPTS= \
#   GUEST_ADDITIONS=auto scripts/run-stage.sh provision 1800
source "$(dirname "${BASH_SOURCE[0]}")/../lib/stage.sh"
stage_begin provision SOURCE_TYPE GUEST_ADDITIONS
source "$(dirname "${BASH_SOURCE[0]}")/../lib/overlay.sh"
source "$(dirname "${BASH_SOURCE[0]}")/../lib/chroot.sh"
source "$(dirname "${BASH_SOURCE[0]}")/../lib/emulation.sh"
source "$(dirname "${BASH_SOURCE[0]}")/../lib/package-list.sh"
source "$(dirname "${BASH_SOURCE[0]}")/../lib/fixes.sh"
scripts=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")

changes=$STAGE_TMP/changes
emulate "${ARCHITECTURE:-amd64}"
open_source
[[ -x $SOURCE_ROOT/usr/bin/env && -x $SOURCE_ROOT/bin/sh ]] ||
  fail "the source has no /bin/sh or no env program; it is no Linux root that scripts can be run in"
mount_overlay "$changes"
if [[ -z ${EPOCH:-} ]]; then
  EPOCH=$(stat -c %Y "$ROOT/var/lib/dpkg/status" 2>/dev/null || stat -c %Y "$ROOT/usr/lib/os-release")
fi
export SOURCE_DATE_EPOCH=$EPOCH
enter_chroot "$ROOT"

# The scripts are seen inside at /run/ami2box, read-only.
mkdir "$ROOT/run/ami2box"
mount --bind -o ro "$scripts" "$ROOT/run/ami2box"
defer umount "$ROOT/run/ami2box"

in_image() {
  in_chroot AMI2BOX_MODE=chroot AMI2BOX_ACCESS="${ACCESS:-public}" AMI2BOX_AUTHORIZED_KEY="${AUTHORIZED_KEYS:-}" \
    AMI2BOX_GUEST_ADDITIONS="$GUEST_ADDITIONS" AMI2BOX_PROVIDERS="${PROVIDERS:-virtualbox}" AMI2BOX_EMULATED="$EMULATED" \
    AMI2BOX_FIRMWARE="${FIRMWARE:-bios}" "$@"
}

run_script() {
  progress "$1, $(seconds_since "$STAGE_STARTED") s"
  run_named "$1" in_image "$2"
}

# Looks for and mends what a box must not have; what is turned off is recorded for the guest's checks.
apply_fixes() {
  local name
  for name in $(fix_names); do
    [[ $name != fstab ]] || continue # the raw disk's stage writes it: it knows the file system
    fix_judge "$name" in_fixes
    fix_record "$name"
    case $FIX_VERDICT in
      fix)
        progress "$name: $FIX_FOUND; $FIX_REMEDY"
        run in_fixes "$(fix_file "$name")" fix
        ;;
      refuse) fail "$name: $FIX_FOUND; $FIX_REMEDY" ;;
    esac
  done
  mkdir -p "$ROOT/usr/share/ami2box"
  tr -s ' ' '\n' <<<"${SKIP_FIXES:-}" | sed '/^$/d' >"$ROOT/usr/share/ami2box/skipped-fixes"
}

in_fixes() {
  in_image "/run/ami2box/fixes/$1" "${@:2}"
}

run_script "preparing" /run/ami2box/provision/prepare.sh
# Before the vagrant user is made: it takes the first user's number from the cloud's own account.
apply_fixes
run_script "making it a Vagrant guest" /run/ami2box/provision/common.sh
while IFS= read -r script; do
  [[ -n $script ]] || continue
  install -m 755 "$script" "$ROOT/run/$(basename "$script")"
  run_script "your $(basename "$script")" "/run/$(basename "$script")"
done <<<"${USER_SCRIPTS:-}"
run_script "shared folders" /run/ami2box/provision/guest-additions.sh
run_script "cleaning up" /run/ami2box/provision/cleanup.sh

umount "$ROOT/run/ami2box"
leave_chroot
additions=$(jq -c . "$ROOT/usr/share/ami2box/choices.json")
packages=$WORK_DIR/packages.tsv
list_packages "$ROOT" >"$packages"
digest=$(tree_digest "$changes")
replace "$changes" "$WORK_DIR/provision"
stage_end path="$WORK_DIR/provision" inputBytes:="$(bytes_used "$SOURCE_ROOT")" \
  outputBytes:="$(bytes_used "$WORK_DIR/provision")" sha256="$digest" epoch:="$EPOCH" fixes:="$FIXES" \
  access="${ACCESS:-public}" guestAdditions:="$additions" packages:="$(wc -l <"$packages")" \
  packagesSha256="$(sha256sum <"$packages" | cut -d' ' -f1)"
