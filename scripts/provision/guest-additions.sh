#!/usr/bin/env bash
# Decides how /vagrant reaches the guest, sets the guest up for it, and records the choice.
#
#   AMI2BOX_MODE             chroot or live
#   AMI2BOX_GUEST_ADDITIONS  in-tree: the kernel's own vboxguest and vboxsf, or fail
#                            oracle: VirtualBox's, compiled for every installed kernel, or fail; dkms and the
#                            kernel's headers stay, so that the next kernel gets them too
#                            none: rsync
#                            auto: the first of these that can be had
#
# The record, for the stage that writes the box's Vagrantfile, and for the report:
#
#   $ cat /usr/share/ami2box/choices.json
#   {"guestAdditions":"in-tree","sharedFolder":"virtualbox","kernels":["6.1.0-37-amd64"],"reason":""}
#
# `sharedFolder` is the type of synced folder the box is made for: virtualbox or rsync. `reason` says why
# it is not what comes before it in the list above.
set -Eeuo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib.sh
. "$here/lib.sh"

require AMI2BOX_MODE AMI2BOX_GUEST_ADDITIONS
require_one_of AMI2BOX_MODE chroot live
require_one_of AMI2BOX_GUEST_ADDITIONS auto in-tree oracle none

modules_lacking() { # the modules some kernel lacks, as `vboxsf in 6.1.0-37-amd64`
  local kernel driver
  for kernel in "${kernels[@]}"; do
    for driver in vboxguest vboxsf; do
      kernel_has "$kernel" "$driver" || echo "$driver in $kernel"
    done
  done
}

# The kernel's own may be there too, and dkms keeps them where it takes its own for no newer.
not_compiled() {
  local kernel driver
  for kernel in "${kernels[@]}"; do
    for driver in vboxguest vboxsf; do
      grep -Eqs "^updates/(.*/)?$driver\.ko" "$root/lib/modules/$kernel/modules.dep" || echo "$driver for $kernel"
    done
  done
}

joined() { sed -z 's/\n$//; s/\n/, no /g'; }

# The sources come as a package: what else there is of them is downloaded from a web page at build time,
# another one each time.
oracle_package=virtualbox-guest-dkms

apt_has() {
  [[ -z $root && $(apt-cache policy "$1" 2>/dev/null) =~ Candidate:\ [^\(] ]]
}

oracle_impossible() { # why, or nothing
  local kernel
  if [[ $(family) != debian ]]; then
    echo "there is no package of VirtualBox's guest modules for the $(family) family"
    return
  fi
  if ! apt_has "$oracle_package"; then
    echo "none of the image's package archives has $oracle_package, the source of VirtualBox's modules"
    return
  fi
  for kernel in "${kernels[@]}"; do
    apt_has "linux-headers-$kernel" || echo "none of them has linux-headers-$kernel"
  done
}

# dkms would look at the kernel that is running, which in a chroot is another machine's.
compile_oracle() {
  local kernel headers=()
  for kernel in "${kernels[@]}"; do headers+=("linux-headers-$kernel"); done
  # Also for kernels to come, by the package that leads to the newest.
  if [[ $(os_release ID) == ubuntu ]]; then headers+=(linux-headers-generic); else headers+=("linux-headers-$(architecture)"); fi
  install_packages dkms "${headers[@]}" "$oracle_package" virtualbox-guest-utils
  for kernel in "${kernels[@]}"; do
    dkms autoinstall -k "$kernel" >&2
    depmod "$kernel"
  done
}

mapfile -t kernels < <(installed_kernels)
[[ ${#kernels[@]} -gt 0 ]] || die "no kernel in /lib/modules; the fix 10-kernel installs one"
choice=$AMI2BOX_GUEST_ADDITIONS reason='' impossible=''
lacking=$(modules_lacking | joined)

if [[ $choice == in-tree && -n $lacking ]]; then
  die "guest additions 'in-tree': the kernel has no $lacking; install another kernel, or use auto"
elif [[ $choice == auto && -z $lacking ]]; then
  choice=in-tree
elif [[ $choice == auto || $choice == oracle ]]; then
  impossible=$(oracle_impossible | sed -z 's/\n$//; s/\n/, /g')
  if [[ -z $impossible ]]; then
    compile_oracle
    choice=oracle
    lacking=$(not_compiled | joined)
    [[ -z $lacking ]] || die "guest additions 'oracle': dkms installed no $lacking; its words are in the log above"
  elif [[ $choice == oracle ]]; then
    die "guest additions 'oracle': $impossible; add an archive that has it in a --provision script, or use auto"
  else
    choice=none reason="the kernel has no $lacking; $impossible"
  fi
fi

rule=/etc/modprobe.d/ami2box-vboxsf.conf
if [[ $choice == none ]]; then
  rm -f "$root$rule"
  install_packages rsync
  folder=rsync
else
  # udev loads vboxguest when VirtualBox's device is there, and only then; the file system follows it.
  # A line in modules-load.d would instead fail the boot's unit wherever the module is missing.
  write_file "$rule" 644 <<<'softdep vboxguest post: vboxsf'
  folder=virtualbox
fi

list=$(printf ',"%s"' "${kernels[@]}")
write_file /usr/share/ami2box/choices.json 644 <<RECORD
{"guestAdditions":"$choice","sharedFolder":"$folder","kernels":[${list#,}],"reason":"$reason"}
RECORD
say "guest additions: $choice; /vagrant by $folder${reason:+ ($reason)}"
