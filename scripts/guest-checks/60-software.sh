# shellcheck shell=bash disable=SC2154
# Time, language, packages, shared folders. A part of the guest checks; see 00-begin.sh.

time_service() {
  local unit
  for unit in systemd-timesyncd chrony chronyd ntpsec; do
    if systemctl -q is-active "$unit.service"; then return; fi
  done
  echo "none of systemd-timesyncd, chrony, ntpsec is active"
  return 1
}

language() { is "$(env -u LC_ALL sh -c '. /etc/default/locale 2>/dev/null || . /etc/locale.conf; export LANG; locale charmap 2>&1')" UTF-8; }

packages_whole() {
  if [[ $(family) == debian ]]; then
    nothing "$(sudo -n dpkg --audit)" && sudo -n apt-get -qq check
  else
    sudo -n rpm -qa --quiet
  fi
}

package_sources() {
  case $(family) in
    debian) grep -rqsE '^(deb |URIs:)' /etc/apt/sources.list /etc/apt/sources.list.d || { echo "no source" && return 1; } ;;
    redhat) compgen -G '/etc/yum.repos.d/*.repo' ;;
  esac
}

package_caches() {
  nothing "$(sudo -n find /var/cache/apt/archives /var/cache/dnf -type f -name '*.[dr]*' 2>/dev/null | head -n 3)"
}

cloud_init_idle() {
  have cloud-init >/dev/null || return 0
  like "$(sudo -n cloud-init status 2>&1)" 'disabled|not run'
}

# Which modules VirtualBox's device would bring: the kernel's alias of the device leads to vboxguest, and
# vboxsf follows it, so that nothing has to be loaded by name.
modules_of_the_device() {
  local wanted
  grep -q '"sharedFolder":"virtualbox"' /usr/share/ami2box/choices.json || return 0
  wanted=$(sudo -n modprobe --show-depends pci:v000080EEd0000CAFEsv00000000sd00000000bc08sc80i00 2>&1)
  printf '%s\n' "$wanted"
  [[ $wanted == *vboxguest* && $wanted == *vboxsf* ]]
}

# What Vagrant runs for /vagrant (its plugins/guests/linux/cap/mount_virtualbox_shared_folder.rb). Where
# there is no VirtualBox it cannot succeed; but its options must be taken, and the module must have got as
# far as to look for VirtualBox's device.
mount_as_vagrant() {
  local said seen
  grep -q '"guestAdditions":"in-tree"' /usr/share/ami2box/choices.json || return 0
  seen=$(sudo -n journalctl -k -b -q -o cat | wc -l)
  if said=$(sudo -n mount -t vboxsf -o "uid=$(id -u),gid=$(getent group vagrant | cut -d: -f3),_netdev" vagrant /mnt 2>&1); then
    sudo -n umount /mnt
    return
  fi
  for _ in {1..20}; do
    said=$(sudo -n journalctl -k -b -q -o cat | tail -n +$((seen + 1)))
    if [[ $said == *"make sure you are inside a VirtualBox VM"* ]]; then return; fi
    sleep 0.2
  done
  printf '%s\n' "${said:-the module said nothing}"
  return 1
}

shared_folder() {
  local record=/usr/share/ami2box/choices.json
  [[ -r $record ]] || { echo "no $record" && return 1; }
  if grep -q '"sharedFolder":"virtualbox"' "$record"; then
    # Without VirtualBox's device a mount cannot succeed, but it must not fail for want of the module.
    sudo -n modprobe vboxsf && grep -w vboxsf /proc/filesystems
  else
    have rsync
  fi
}

leftovers() {
  local file found=()
  for file in /usr/sbin/policy-rc.d /run/ami2box /etc/apt/apt.conf.d/99mmdebstrap /etc/dpkg/dpkg.cfg.d/99mmdebstrap \
    /var/log/bootstrap.log /etc/ssh/sshd_not_to_be_run /var/lib/cloud/seed; do
    if [[ -e $file ]]; then found+=("$file"); fi
  done
  nothing "${found[*]:-}"
}

check "a time service is active" time_service
check "the hardware clock is read as UTC" is "$(timedatectl show -p LocalRTC --value)" no
check "the language is UTF-8" language
check "rsync is there" have rsync
check "certificates of authorities are there" test -s /etc/ssl/certs/ca-certificates.crt -o -s /etc/pki/tls/certs/ca-bundle.crt
check "every package is whole" packages_whole
check "packages can be had from somewhere" package_sources
check "no downloaded package is left" package_caches
fix=cloud-init check "cloud-init is absent or idle" cloud_init_idle
check "/vagrant can be shared as recorded" shared_folder
check "VirtualBox's device brings the modules of shared folders" modules_of_the_device
check "the mount that Vagrant runs asks for VirtualBox, and for nothing else" mount_as_vagrant
check "nothing of the making is left" leftovers
