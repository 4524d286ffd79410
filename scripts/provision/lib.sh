#!/usr/bin/env bash
# Shared by the scripts that run inside an image (../fixes/*.sh too); sourced, never run.
#
#   AMI2BOX_MODE        chroot: no systemd is running, nothing may be started or restarted
#                       live: a running machine reached by SSH; its network must not be cut
#   AMI2BOX_ROOT        a prefix for every path, empty inside the image; preflight and the tests point
#                       it at a mounted source. Commands of the image are only run when it is empty.
#   SOURCE_DATE_EPOCH   the one time stamp of everything made here (seconds); default: the time stamp
#                       of the image's own os-release file, so the clock never shows

root=${AMI2BOX_ROOT:-}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# require NAME...: every variable must be set; all that are missing are named at once.
require() {
  local name missing=()
  for name in "$@"; do [[ -n ${!name:-} ]] || missing+=("$name"); done
  [[ ${#missing[@]} -eq 0 ]] || die "not set: ${missing[*]}; these variables must be given"
}

# require_one_of NAME VALUE...: the variable must have one of the values.
require_one_of() {
  local name=$1 value
  shift
  for value in "$@"; do [[ ${!name:-} != "$value" ]] || return 0; done
  die "$name is '${!name:-}'; allowed: $*"
}

os_release() { # os_release KEY: a value from the image's os-release, empty when absent
  local file
  for file in "$root/etc/os-release" "$root/usr/lib/os-release"; do
    [[ -r $file ]] || continue
    sed -n "s/^$1=//p" "$file" | tr -d "\"'" | head -n 1
    return 0
  done
}

# The package family: debian, redhat, or empty for one these scripts do not know.
family() {
  local word
  for word in $(os_release ID) $(os_release ID_LIKE); do
    case $word in
    debian | ubuntu) echo debian && return ;;
    rhel | fedora | centos | amzn) echo redhat && return ;;
    esac
  done
}

# Debian's name of the image's architecture (amd64, arm64), from the image's own dynamic loader:
# works on a mounted source as well as inside.
architecture() {
  if compgen -G "$root/lib64/ld-linux-x86-64.so.*" >/dev/null ||
    compgen -G "$root/usr/lib64/ld-linux-x86-64.so.*" >/dev/null; then
    echo amd64
  elif compgen -G "$root/lib/ld-linux-aarch64.so.*" >/dev/null ||
    compgen -G "$root/usr/lib/ld-linux-aarch64.so.*" >/dev/null; then
    echo arm64
  else
    echo unknown
  fi
}

# write_file PATH MODE: standard input becomes the file, at once and only if it differs.
write_file() {
  local path=$root$1 mode=$2 new
  mkdir -p "$(dirname "$path")"
  new=$(mktemp "$path.XXXXXX")
  cat >"$new"
  chmod "$mode" "$new"
  if [[ -f $path && ! -L $path ]] && cmp -s "$new" "$path"; then
    chmod "$mode" "$path"
    rm -f "$new"
  else
    mv -f "$new" "$path"
  fi
}

# package_present NAME: installed in the image.
package_present() {
  if [[ -r $root/var/lib/dpkg/status ]]; then
    awk -v name="$1" '
      $1 == "Package:" { hit = $2 == name }
      hit && $0 == "Status: install ok installed" { found = 1 }
      END { exit !found }' "$root/var/lib/dpkg/status"
  else
    [[ -z $root ]] && rpm -q "$1" >/dev/null 2>&1
  fi
}

# A kernel package's hooks call these; in a chroot they cannot see the disk that GRUB will be on, and
# the stage that writes the disk does their work. Shadowed for the time of one package command.
boot_loader_tools=(update-grub grub-install grub-mkconfig grub2-mkconfig flash-kernel)

# apt VERB ARGUMENT...: apt-get without questions, without services started, and with retries.
apt() {
  local path=$PATH shadow='' status=0 name
  if [[ $AMI2BOX_MODE == chroot ]]; then
    shadow=$(mktemp -d)
    for name in "${boot_loader_tools[@]}"; do
      ln -s /bin/true "$shadow/$name"
    done
    path=$shadow:$PATH
  fi
  # DPkg::Path is what apt gives to package scripts as their PATH.
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 LC_ALL=C.UTF-8 \
    apt-get -q -y -o DPkg::Path="$path" -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 -o APT::Install-Recommends=0 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" >&2 || status=$?
  [[ -z $shadow ]] || rm -rf "$shadow"
  return "$status"
}

# install_packages NAME...: those not there yet, from the family's package manager.
install_packages() {
  local name missing=()
  for name in "$@"; do package_present "$name" || missing+=("$name"); done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  say "installing ${missing[*]}"
  case $(family) in
  debian) apt install "${missing[@]}" ;;
  redhat) "$(command -v dnf || command -v yum)" -y install "${missing[@]}" >&2 ;;
  esac
}

# enable_unit NAME...: from the next boot on; never starts anything now.
enable_unit() { systemctl --root="${root:-/}" --quiet enable "$@"; }

unit_exists() { # unit_exists NAME: the image has that unit file
  local dir
  for dir in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
    [[ ! -e $root$dir/$1 ]] || return 0
  done
  return 1
}

if [[ -z ${SOURCE_DATE_EPOCH:-} && -z $root ]]; then
  SOURCE_DATE_EPOCH=$(stat -L -c %Y /etc/os-release 2>/dev/null || echo 0)
  export SOURCE_DATE_EPOCH
fi

# The kernels whose modules are installed, newest last.
installed_kernels() {
  local dir
  for dir in "$root"/usr/lib/modules/*/ "$root"/lib/modules/*/; do
    [[ ! -e $dir/modules.dep ]] || basename "$dir"
  done | sort -uV
}

# kernel_has KERNEL DRIVER: as a module or built in.
kernel_has() {
  local dir=$root/lib/modules/$1 name=${2//[-_]/[-_]}
  [[ -d $dir ]] || dir=$root/usr/lib/modules/$1
  grep -Eqs "/$name\.ko(\.(gz|xz|zst))?(:|$)" "$dir/modules.dep" "$dir/modules.builtin"
}
