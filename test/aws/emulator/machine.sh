#!/usr/bin/env bash
# First process of an emulated instance; it runs in mount, process and host name namespaces of its own, which
# end with it. Started by machine.ts, of no use by hand.
#
# Variables: KIND (disk: the root file system lies in DISK at OFFSET, BYTES long; host: DISK is an empty ext4
#   under copies-on-write of this machine's own /usr, /etc, /var and /opt), FOLDER (first-boot.sh,
#   each-boot.sh and late.sh, from the user data; shim.sh), ADDRESS, HOST_NAME, BOOT_SECONDS, SSH_ENVIRONMENT,
#   ROOT_VOLUME.
# Reads commands from stdin: `attach LOOP_DEVICE VOLUME`, `detach VOLUME`, `sync`, `reboot`, `poweroff`.
# Prints `up`, `attached VOLUME`, `synced`. Exit status: 42 wants to start again, 43 is off.
set -Eeuo pipefail
shopt -s inherit_errexit

root=$FOLDER/root
mkdir -p "$root"

# Not `mount -o loop`, which mounts read-only without a word on a loop device that has shown something
# read-only before (seen with Linux 6.18). The device goes with the mount.
mount_writable() {
  local loop
  loop=$(losetup --find --show --offset "$OFFSET" --sizelimit "$BYTES" "$DISK")
  blockdev --setrw "$loop"
  mount -t ext4 "$loop" "$root"
  losetup --detach "$loop"
}

mount_disk() {
  mount_writable
  [[ $KIND == host ]] || return 0
  local name
  for name in usr etc var opt; do
    mkdir -p "$root/$name" "$root/.copied/$name" "$root/.work/$name"
    mount -t overlay overlay -o "lowerdir=/$name,upperdir=$root/.copied/$name,workdir=$root/.work/$name" "$root/$name"
  done
  for name in bin sbin lib lib64; do
    [[ -e $root/$name ]] || ln -s "usr/$name" "$root/$name"
  done
  mkdir -p "$root"/{dev,proc,sys,run,tmp,root,home,srv,mnt,media,boot}
  mkdir -p "$root"/vartmp
  chmod 1777 "$root/tmp" "$root/vartmp"
  # Overlays cannot be stacked on an overlay: what stages write to is the disk itself.
  mount --bind "$root/vartmp" "$root/var/tmp"
}

mount_system() {
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount -t tmpfs -o mode=755 tmpfs "$root/run"
  mkdir -p "$root"/run/{emulator,sshd,lock,systemd/resolve}
  mount -t tmpfs -o mode=755 tmpfs "$root/dev"
  local name
  for name in null zero full random urandom tty console fuse kvm loop-control; do
    [[ ! -e /dev/$name ]] || cp -a "/dev/$name" "$root/dev/$name"
  done
  for ((name = 0; name < 128; name++)); do mknod -m 660 "$root/dev/loop$name" b 7 "$name"; done
  mkdir -p "$root"/dev/{pts,shm,disk/by-id}
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
  mount -t tmpfs tmpfs "$root/dev/shm"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  ln -s fd/0 "$root/dev/stdin"
  ln -s fd/1 "$root/dev/stdout"
  ln -s fd/2 "$root/dev/stderr"
  ln -s "../../$(basename "$(findmnt -no SOURCE "$root")")" "$root/dev/disk/by-id/$(link_name "$ROOT_VOLUME")"
}

# What DHCP gives a real one.
name_server() {
  cat /etc/resolv.conf >"$root/run/systemd/resolve/stub-resolv.conf"
  cp "$root/run/systemd/resolve/stub-resolv.conf" "$root/run/systemd/resolve/resolv.conf"
  if [[ ! -L $root/etc/resolv.conf ]]; then
    [[ -e $root/etc/resolv.conf ]] || : >"$root/etc/resolv.conf"
    mount --bind "$root/run/systemd/resolve/resolv.conf" "$root/etc/resolv.conf"
  fi
}

# No systemd runs here: what scripts ask of it is answered by shim.sh, with the real program at hand.
put_shims() {
  local name
  cp "$FOLDER"/{first-boot,each-boot,late,shim}.sh "$root/run/emulator/"
  chmod 755 "$root"/run/emulator/*.sh
  for name in systemctl systemd-run cloud-init; do
    [[ -e $root/usr/bin/$name ]] || continue
    cp -a "$root/usr/bin/$name" "$root/run/emulator/$name.real"
    mount --bind "$root/run/emulator/shim.sh" "$root/usr/bin/$name"
  done
}

link_name() {
  echo "nvme-Amazon_Elastic_Block_Store_${1//-/}"
}

declare -A holders=()

# The device is let go when the machine ends: whoever set it up detaches it as soon as it is held here.
attach() {
  local device=$1 volume=$2
  [[ -e /dev/$(basename "$device") ]] || mknod -m 660 "$device" b 7 "${device//[^0-9]/}"
  (
    exec 3<>"$device"
    echo "attached $volume"
    exec sleep infinity >/dev/null 2>&1
  ) &
  holders[$volume]=$!
  ln -sfn "../../$(basename "$device")" "/dev/disk/by-id/$(link_name "$volume")"
}

detach() {
  rm -f "/dev/disk/by-id/$(link_name "$1")"
  [[ -z ${holders[$1]:-} ]] || kill "${holders[$1]}" 2>/dev/null || true
}

start_ssh() {
  /usr/sbin/sshd -D -e -o "ListenAddress=$ADDRESS" -o Port=22 -o PidFile=/run/emulator/sshd.pid -o UseDNS=no \
    -o "SetEnv=$SSH_ENVIRONMENT" </dev/null >>/run/emulator/sshd.log 2>&1 &
}

finish() {
  trap '' TERM
  kill -TERM -1 2>/dev/null || true
  sleep 0.3
  kill -KILL -1 2>/dev/null || true
  sync
  mount -o remount,ro / 2>/dev/null || true
  exit "$1"
}

trap ':' TERM
mount_disk
mount_system
name_server
put_shims
hostname "$HOST_NAME"
cd "$root"
pivot_root . .
umount -l .
cd /
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mkfifo /run/emulator/control
exec 4<>/run/emulator/control
# A shell gives what it starts in the background no stdin.
exec 5<&0
(
  while read -r line <&5; do echo "$line" >&4; done
  echo gone >&4
) &

mark=/var/lib/cloud/instance-of-emulator
: >/run/emulator/early
bash /run/emulator/each-boot.sh </dev/null >>/run/emulator/boot.log 2>&1 || echo "a boot command failed" >&2
rm /run/emulator/early
if [[ $(cat "$mark" 2>/dev/null) != "$HOST_NAME" ]]; then
  bash /run/emulator/first-boot.sh </dev/null >>/run/emulator/boot.log 2>&1 || cat /run/emulator/boot.log >&2
fi
sleep "$BOOT_SECONDS"
start_ssh
if [[ $(cat "$mark" 2>/dev/null) != "$HOST_NAME" ]]; then
  mkdir -p "$(dirname "$mark")"
  echo "$HOST_NAME" >"$mark"
  (bash /run/emulator/late.sh </dev/null >>/run/emulator/boot.log 2>&1; : >/run/emulator/cloud-done) &
else
  : >/run/emulator/cloud-done
fi
echo up

while read -r word first second <&4; do
  case $word in
    attach) attach "$first" "$second" ;;
    detach) detach "$first" ;;
    sync) sync && echo synced ;;
    reboot) finish 42 ;;
    poweroff) finish 43 ;;
    gone) finish 0 ;;
  esac
done
