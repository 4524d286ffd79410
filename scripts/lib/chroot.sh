# shellcheck shell=bash
# A root one can run programs in, as on a machine without a running init; sourced after stage.sh.
#
#   enter_chroot ROOT       # mounts what programs expect; undone when the stage ends or by leave_chroot
#   in_chroot COMMAND...    # runs it in there, with a clean environment
#   leave_chroot            # takes all of it away again, before the tree is read

enter_chroot() {
  CHROOT=$1
  mount -t proc proc "$CHROOT/proc"
  mount -t sysfs -o ro sysfs "$CHROOT/sys"
  # A /dev of its own: a script in the image must not reach the worker's disks.
  mount -t tmpfs -o mode=755,size=1M tmpfs "$CHROOT/dev"
  local name minor
  for name in null:3 zero:5 full:7 random:8 urandom:9; do
    minor=${name#*:}
    mknod -m 666 "$CHROOT/dev/${name%:*}" c 1 "$minor"
  done
  mknod -m 666 "$CHROOT/dev/tty" c 5 0
  ln -s /proc/self/fd "$CHROOT/dev/fd"
  ln -s /proc/self/fd/0 "$CHROOT/dev/stdin"
  ln -s /proc/self/fd/1 "$CHROOT/dev/stdout"
  ln -s /proc/self/fd/2 "$CHROOT/dev/stderr"
  mkdir "$CHROOT/dev/pts" "$CHROOT/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$CHROOT/dev/pts"
  ln -s pts/ptmx "$CHROOT/dev/ptmx"
  mount -t tmpfs -o mode=755 tmpfs "$CHROOT/run"
  mount -t tmpfs -o mode=1777 tmpfs "$CHROOT/tmp"
  defer leave_chroot
  lend_resolver
  # Services of the image must not start on the worker (Debian policy, invoke-rc.d).
  LENT_POLICY=
  if [[ ! -e $CHROOT/usr/sbin/policy-rc.d ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$CHROOT/usr/sbin/policy-rc.d"
    chmod 755 "$CHROOT/usr/sbin/policy-rc.d"
    LENT_POLICY=1
  fi
}

# Lends the worker's name servers without changing the image's own file: the link most images have
# leads into /run, which is ours here; a plain file is covered by a mount.
lend_resolver() {
  local file=$CHROOT/etc/resolv.conf target
  LENT_RESOLVER=
  if [[ -L $file ]]; then
    target=$(chroot "$CHROOT" realpath --canonicalize-missing /etc/resolv.conf)
    [[ $target == /run/* ]] || return 0
    mkdir -p "$CHROOT$(dirname "$target")"
    cp --dereference /etc/resolv.conf "$CHROOT$target"
    return 0
  fi
  if [[ ! -e $file ]]; then
    : >"$file"
    LENT_RESOLVER=1
  fi
  cp --dereference /etc/resolv.conf "$CHROOT/run/worker-resolv.conf"
  mount --bind "$CHROOT/run/worker-resolv.conf" "$file"
}

leave_chroot() {
  [[ -n ${CHROOT:-} ]] || return 0
  local at
  for at in etc/resolv.conf tmp run dev/pts dev sys proc; do
    if mountpoint --quiet "$CHROOT/$at"; then umount --lazy "$CHROOT/$at"; fi
  done
  if [[ -n ${LENT_RESOLVER:-} ]]; then rm -f "$CHROOT/etc/resolv.conf"; fi
  if [[ -n ${LENT_POLICY:-} ]]; then rm -f "$CHROOT/usr/sbin/policy-rc.d"; fi
  CHROOT=
}

in_chroot() {
  chroot "$CHROOT" /usr/bin/env -i \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root LC_ALL=C.UTF-8 TERM=dumb DEBIAN_FRONTEND=noninteractive \
    ${SOURCE_DATE_EPOCH:+SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH"} "$@"
}
