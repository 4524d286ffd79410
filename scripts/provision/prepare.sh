#!/usr/bin/env bash
# First script inside the image: says whether these scripts can serve it, and brings the package index
# up to date for those that follow.
#
# Order inside the image: prepare.sh, ../fixes/NN-*.sh fix, common.sh, guest-additions.sh, the
# user's own scripts, cleanup.sh.
#
#   $ AMI2BOX_MODE=live sudo -E scripts/provision/prepare.sh
#   prepare.sh: debian 12 (debian family), amd64
set -Eeuo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib.sh
. "$here/lib.sh"

require AMI2BOX_MODE
require_one_of AMI2BOX_MODE chroot live

family=$(family)
[[ -n $family ]] ||
  die "unsupported system '$(os_release ID)'; supported are the Debian and the Red Hat family"
[[ -x $root/lib/systemd/systemd || -x $root/usr/lib/systemd/systemd ]] ||
  die "unsupported system: it has no systemd, which the first-boot units need"
[[ $(id -u) -eq 0 ]] || die "must run as root, not as $(id -un)"
say "$(os_release ID) $(os_release VERSION_ID) ($family family), $(architecture)"

case $family in
  debian)
    # A package set left half configured would fail every later command with a reason of its own.
    DEBIAN_FRONTEND=noninteractive dpkg --configure -a >&2
    apt update
    ;;
  redhat)
    "$(command -v dnf || command -v yum)" -y makecache >&2
    ;;
esac
