#!/usr/bin/env bash
# Makes a fresh Debian root from packages: the source of a box when no image is given.
#
# Variables: WORK_DIR; SUITE (code name), MIRROR, SECURITY_MIRROR (URLs), EPOCH (seconds since 1970 that
# files are dated by), PACKAGES (space-separated, besides the base; may be empty), CACHE_DIR (downloaded
# packages are kept there for the next run). Optional: ARCHITECTURE (amd64, arm64; amd64).
# Needs: mmdebstrap, debian-archive-keyring, jq, qemu-user-static for another architecture; root.
# Makes: $WORK_DIR/bootstrap, a folder with the root of the system.
# Prints: {"stage":"bootstrap","seconds":52.1,"path":".../bootstrap","inputBytes":..,"outputBytes":..,
#          "sha256":"..","packages":".."}
#
# By hand:
#   WORK_DIR=/var/tmp/box SUITE=bookworm MIRROR=http://deb.debian.org/debian EPOCH=1700000000 PACKAGES= \
#   SECURITY_MIRROR=http://deb.debian.org/debian-security CACHE_DIR=/var/cache/ami2box \
#   scripts/run-stage.sh bootstrap 1200
source "$(dirname "${BASH_SOURCE[0]}")/../lib/stage.sh"
stage_begin bootstrap SUITE MIRROR SECURITY_MIRROR EPOCH CACHE_DIR
: "${ARCHITECTURE:=amd64}"
[[ $ARCHITECTURE =~ ^(amd64|arm64)$ ]] || fail "ARCHITECTURE is '$ARCHITECTURE'; allowed: amd64, arm64"
source "$(dirname "${BASH_SOURCE[0]}")/../lib/debian-packages.sh"
source "$(dirname "${BASH_SOURCE[0]}")/../lib/emulation.sh"
emulate "$ARCHITECTURE"
# Under emulation an initramfs with every driver takes half an hour: a small one is made when provisioning.
[[ -z $EMULATED ]] || export INITRD=No

root=$STAGE_TMP/root
read -ra own_packages <<<"${PACKAGES:-}"
packages=$(IFS=,; echo "${BOX_PACKAGES[*]},${own_packages[*]}")

cat >"$STAGE_TMP/sources.list" <<LIST
deb $MIRROR $SUITE main
deb $MIRROR $SUITE-updates main
deb $SECURITY_MIRROR $SUITE-security main
LIST

# Packages already downloaded are handed in before the run and kept after it, so that the next box costs
# no download; apt checks each against the archive's signed index before it uses it.
archives=$CACHE_DIR/$SUITE
[[ $ARCHITECTURE == amd64 ]] || archives+=-$ARCHITECTURE
mkdir -p "$archives"
export SOURCE_DATE_EPOCH=$EPOCH archives

# Tells the phase mmdebstrap is in, from its messages (`I: installing essential packages...`).
tell_phases() {
  local line
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$STAGE_LOG"
    case $line in
      'I: running apt-get update'* | 'I: downloading'* | 'I: extracting'* | 'I: installing'*)
        line=${line#I: }
        progress "${line%...}, $(seconds_since "$STAGE_STARTED") s"
        ;;
    esac
  done
}

# shellcheck disable=SC2016 # $1 and $archives are for the shell that mmdebstrap starts a hook with
if ! mmdebstrap --mode=root --variant=minbase --format=directory --architectures="$ARCHITECTURE" --skip=check/qemu --include="${packages%,}" \
  --skip=download/empty --skip=essential/unlink \
  --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt=force-unsafe-io \
  --setup-hook='mkdir -p "$1/var/cache/apt/archives" && find "$archives" -name "*.deb" -exec cp -t "$1/var/cache/apt/archives" {} +' \
  --customize-hook='find "$1/var/cache/apt/archives" -name "*.deb" -exec cp -n -t "$archives" {} +' \
  --customize-hook='rm -f "$1/etc/dpkg/dpkg.cfg.d/99mmdebstrap" "$1/etc/apt/apt.conf.d/99mmdebstrap"' \
  "$SUITE" "$root" "$STAGE_TMP/sources.list" 2> >(tell_phases) >>"$STAGE_LOG"; then
  wait
  reason=$(grep -E '^(E|W): |Unable to|Failed to fetch' "$STAGE_LOG" | tail -n 1 | cut -c1-300)
  fail "Debian $SUITE could not be installed from $MIRROR: ${reason:-see the log}; the whole log is $STAGE_LOG"
fi
wait

[[ -x $root/usr/sbin/sshd && -e $root/vmlinuz || -e $root/boot/vmlinuz ]] ||
  fail "the new Debian root has no kernel or no SSH server; the whole log is $STAGE_LOG"

# What the tree holds follows from the packages, so their list stands for it.
manifest=$STAGE_TMP/packages
# shellcheck disable=SC2016 # dpkg-query's own format
dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${Package}=${Version}\n' >"$manifest"
digest=$(cat "$manifest" "$STAGE_TMP/sources.list" <(echo "$EPOCH $ARCHITECTURE") | sha256sum | cut -d' ' -f1)

bytes=$(bytes_used "$root")
replace "$root" "$WORK_DIR/bootstrap"
stage_end path="$WORK_DIR/bootstrap" inputBytes:="$(bytes_used "$archives")" outputBytes:="$bytes" \
  sha256="$digest" packages:="$(wc -l <"$manifest")"
