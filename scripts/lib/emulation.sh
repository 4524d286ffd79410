# shellcheck shell=bash disable=SC2034
# Lets programs of another architecture run on this machine; sourced after stage.sh.
#
#   emulate arm64     # for as long as the stage runs; nothing where they run anyway. Sets EMULATED (1 or empty)
#   emulation_problem arm64   # prints why they cannot, with the remedy after a semicolon, or nothing
#
# The kernel hands such programs to QEMU's user emulation (Linux documentation, "Kernel Support for
# miscellaneous Binary Formats"). The entry is this stage's own, so that another stage's end takes nothing from
# it, and names QEMU by an open file (flag F): a chroot needs no copy of it.

EMULATOR=/usr/bin/qemu-aarch64-static

runs_here() {
  case $1-$(uname -m) in
    amd64-x86_64 | arm64-aarch64) ;;
    *) return 1 ;;
  esac
}

emulation_problem() {
  if runs_here "$1"; then return; fi
  if [[ $1-$(uname -m) != arm64-x86_64 ]]; then
    echo "boxes for $1 cannot be made on $(uname -m); use a worker of that architecture"
  elif [[ ! -x $EMULATOR ]]; then
    echo "programs for $1 cannot run here; install the package qemu-user-static"
  fi
}

emulate() {
  local architecture=$1 registry=$STAGE_TMP/binfmt entry problem
  EMULATED=
  if runs_here "$architecture"; then return; fi
  problem=$(emulation_problem "$architecture")
  [[ -z $problem ]] || fail "$problem"
  mkdir "$registry"
  mount -t binfmt_misc binfmt_misc "$registry" 2>>"$STAGE_LOG" ||
    fail "this kernel has no binfmt_misc, which programs for $architecture need; use a worker of that architecture"
  defer umount "$registry"
  entry=ami2box-$architecture-$$-$RANDOM
  # ELF of 64 bits for AArch64: programs (2) and shared objects (3), which most programs are.
  printf '%s' ":$entry:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:$EMULATOR:F" \
    >"$registry/register" || fail "the kernel takes no emulator for $architecture"
  defer unregister "$registry/$entry"
  EMULATED=1
}

unregister() {
  echo -1 >"$1"
}
