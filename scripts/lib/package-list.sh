# shellcheck shell=bash
# Lists the packages of a root; sourced after stage.sh.
#
#   list_packages ROOT     # name, TAB, version, TAB, architecture: a line a package, sorted by name
#
# Read from the root's own database with the worker's program where it has one, else inside the root.

list_packages() {
  local root=$1
  if [[ -e $root/var/lib/dpkg/status ]]; then
    awk -v RS= -F '\n' '
      { split("", field)
        for (i = 1; i <= NF; i++) if (match($i, /^(Package|Status|Version|Architecture): /)) {
          name = substr($i, 1, RLENGTH - 2); field[name] = substr($i, RLENGTH + 1) }
        if (field["Status"] ~ / installed$/) print field["Package"] "\t" field["Version"] "\t" field["Architecture"] }
    ' "$root/var/lib/dpkg/status"
  elif [[ -x $root/usr/bin/rpm ]]; then
    chroot "$root" rpm -qa --queryformat '%{NAME}\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\t%{ARCH}\n'
  fi | LC_ALL=C sort
}
