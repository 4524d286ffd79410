#!/usr/bin/env bash
# Detects kernels without the drivers of VirtualBox's hardware, as clouds' own kernels are (no AHCI, no
# e1000), and images without a kernel. Installs the distribution's general kernel, removes the others.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The kernels that lack a driver; `lacks` gets the names of the drivers, for the message.
unfit_kernels() {
  local kernel driver before
  unfit=() lacks=()
  while read -r kernel; do
    before=${#lacks[@]}
    for driver in $(hardware_drivers) ext4; do
      kernel_has "$kernel" "$driver" || lacks+=("$driver")
    done
    ((${#lacks[@]} == before)) || unfit+=("$kernel")
  done < <(installed_kernels)
  mapfile -t lacks < <(printf '%s\n' "${lacks[@]}" | awk 'NF && !seen[$0]++')
}

general_kernel() {
  case $(os_release ID) in
    ubuntu) echo linux-image-virtual ;;
    *) echo "linux-image-$(architecture)" ;;
  esac
}

check() {
  local kernels
  mapfile -t kernels < <(installed_kernels)
  unfit_kernels
  if [[ ${#kernels[@]} -gt 0 && ${#unfit[@]} -eq 0 ]]; then
    verdict "$(list "${kernels[@]}")" ok
  elif [[ $(family) == debian && ${#kernels[@]} -eq 0 ]]; then
    verdict "no kernel" fix "install $(general_kernel)"
  elif [[ $(family) == debian ]]; then
    verdict "$(list "${unfit[@]}") lacks $(list "${lacks[@]}")" fix "install $(general_kernel), remove what lacks them"
  else
    local found="no kernel"
    if [[ ${#kernels[@]} -gt 0 ]]; then found="$(list "${unfit[@]}") lacks $(list "${lacks[@]}")"; fi
    verdict "$found" refuse \
      "give an image whose kernel has the drivers, or set provisioning.skipFixes to [kernel] and install one in a provisioning script"
  fi
}

fix() {
  local kernel owners=()
  unfit_kernels
  install_packages "$(general_kernel)"
  for kernel in "${unfit[@]}"; do
    mapfile -t -O "${#owners[@]}" owners < <(dpkg-query -S "/boot/vmlinuz-$kernel" "/lib/modules/$kernel" "/usr/lib/modules/$kernel" 2>/dev/null |
      sed 's/: .*//; s/, /\n/g' | sort -u)
  done
  [[ ${#owners[@]} -gt 0 ]] || return 0
  # Live, one of them is running, and its package would otherwise ask whether to stop.
  debconf-set-selections <<<'linux-base linux-base/removing-running-kernel boolean false'
  apt purge "${owners[@]}"
  for kernel in "${unfit[@]}"; do
    rm -rf "/usr/lib/modules/$kernel" "/lib/modules/$kernel"
  done
}

run "$@"
