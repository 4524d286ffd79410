#!/bin/bash
# A provisioning script that leaves the image with the newest kernel but one, so that its guest has a kernel
# to upgrade to. Runs inside the image, on Debian.
set -Eeuo pipefail
mapfile -t kernels < <(apt-cache search --names-only '^linux-image-[0-9.]+-[0-9]+-amd64$' | cut -d' ' -f1 | sort --version-sort)
((${#kernels[@]} > 1)) || { echo "the archive has only ${kernels[*]}" >&2 && exit 1; }
apt-get -q -y -o APT::Install-Recommends=0 install "${kernels[-2]}"
echo 'linux-base linux-base/removing-running-kernel boolean false' | debconf-set-selections
apt-get -q -y purge linux-image-amd64 "${kernels[-1]}"
