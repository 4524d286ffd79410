# shellcheck shell=bash
# What kind of system a root is, told from its files alone; sourced after stage.sh and preflight-table.sh.
#
#   judge_architecture ROOT WANTED   # a row each
#   judge_system ROOT
#   judge_init ROOT
#   judge_firmware FIRMWARE

# Prints Debian's name of the architecture a program is made for, from its ELF header (System V ABI, "ELF
# Header": class at byte 4, machine at byte 18), or nothing when it is no such file.
elf_architecture() {
  local bytes
  read -ra bytes < <(od -An -v -tx1 -N 20 "$1" 2>/dev/null | xargs)
  [[ ${bytes[*]:0:4} == "7f 45 4c 46" ]] || return 0
  case ${bytes[4]}-${bytes[18]}${bytes[19]} in
    02-3e00) echo amd64 ;;
    02-b700) echo arm64 ;;
    01-0300) echo i386 ;;
    01-2800) echo armhf ;;
    02-f300) echo riscv64 ;;
    02-1500) echo ppc64el ;;
    02-0016) echo s390x ;;
    *) echo "machine ${bytes[18]}${bytes[19]}" ;;
  esac
}

# Programs that are themselves files, not links that may lead out of the root.
root_architecture() {
  local name
  for name in usr/lib/systemd/systemd lib/systemd/systemd usr/bin/bash bin/bash bin/busybox usr/bin/env; do
    if [[ -f $1/$name && ! -L $1/$name ]]; then
      elf_architecture "$1/$name"
      return
    fi
  done
}

judge_architecture() {
  local found
  found=$(root_architecture "$1")
  if [[ -z $found ]]; then
    row architecture "the image has no program that tells its architecture" refuse "give an image of a whole system"
  elif [[ $found != "$2" ]]; then
    row architecture "the image is for $found, and the box is to be for $2" refuse "give an image for $2"
  else
    row architecture "$found" ok
  fi
}

judge_system() {
  local id version kind
  read -r id version kind < <(
    # shellcheck disable=SC2034 # read by the library
    AMI2BOX_ROOT=$1
    # shellcheck source=../provision/lib.sh
    source "$(dirname "${BASH_SOURCE[0]}")/../provision/lib.sh"
    echo "$(os_release ID) $(os_release VERSION_ID | grep . || echo -) $(family)"
  ) || true
  if [[ -z ${kind:-} ]]; then
    row system "the image is of '${id:-unknown}'" refuse "give one of the Debian or the Red Hat family"
  else
    [[ $version == - ]] || id+=" $version"
    row system "$id ($kind family)" ok
  fi
}

# The first-boot units need systemd as init, where every distribution puts it.
judge_init() {
  local root=$1 name
  for name in usr/lib/systemd/systemd lib/systemd/systemd; do
    if [[ -x $root/$name && -d ${root}/${name%/systemd}/system ]]; then
      row init "systemd" ok
      return
    fi
  done
  for name in sbin/openrc-init sbin/openrc usr/bin/runit sbin/runit-init usr/sbin/sysvinit; do
    if [[ -e $root/$name ]]; then
      row init "the image has ${name##*/} and no systemd, which the first-boot units need" refuse "give an image with systemd"
      return
    fi
  done
  row init "the image has no systemd in /usr/lib/systemd, which the first-boot units need" refuse "give an image with systemd"
}

# How the source itself starts is of no matter for the box, which gets a boot loader of its own.
judge_firmware() {
  local number with=()
  for number in $(partition_numbers); do
    case ${PART_TYPE[$number]^^} in
      21686148-6449-6E6F-744E-656564454649) with+=("a BIOS boot partition") ;;
      C12A7328-F81F-11D2-BA4B-00A0C93EC93B | EF) with+=("an EFI system partition") ;;
    esac
  done
  row firmware "the image has $(printf '%s and ' "${with[@]:-no partition for either firmware}" | sed 's/ and $//'); the box: $1" ok
}
