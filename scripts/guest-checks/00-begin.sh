#!/usr/bin/env bash
# Runs inside the booted guest as the user Vagrant logs in as, and says in TAP (Test Anything Protocol)
# whether the guest keeps the conventions of a Vagrant box. Changes nothing that it does not put back.
#
# The files of this folder, one after the other, are one script:
#
#   $ cat scripts/guest-checks/*.sh | ssh vagrant@guest AMI2BOX_ACCESS=public bash -s
#   ok 1 - the user is vagrant
#   not ok 2 - sudo asks for no password
#   # found: sudo: a password is required
#   ...
#   1..50
#
#   AMI2BOX_ACCESS    public (default) or private: which keys and passwords are right
#   AMI2BOX_OWN_KEYS  private: how many keys are the owner's own; one more is the one this script came with
#
# Exit status: 0 when every check passed, 1 otherwise.
set -uo pipefail
# sshd gives no sbin directories to a command; a locale of the other side may not exist here.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
# shellcheck disable=SC2034 # the files that follow read it
access=${AMI2BOX_ACCESS:-public}
number=0 failed=0

# Checks change the host's name and the second network card for a moment: nothing to be tried on a machine
# that is no box.
if [[ ! -d /usr/lib/ami2box ]]; then
  echo 'Bail out! This machine is no box made by ami2box: it has no /usr/lib/ami2box'
  exit 1
fi

# [fix=NAME] check TITLE COMMAND...: passed when the command's status is 0; what it prints is only shown on
# failure. A check of what a fix of scripts/fixes looks after is skipped when the box's owner turned it off.
check() {
  local title=$1 found
  shift
  number=$((number + 1))
  if [[ -n ${fix:-} ]] && grep -Fqxs "$fix" /usr/share/ami2box/skipped-fixes; then
    printf 'ok %d - %s # SKIP the fix %s is turned off\n' "$number" "$title" "$fix"
    return
  fi
  if found=$("$@" 2>&1); then
    printf 'ok %d - %s\n' "$number" "$title"
  else
    failed=$((failed + 1))
    printf 'not ok %d - %s\n' "$number" "$title"
    head -n 5 <<<"${found:-nothing}" | cut -c1-300 | sed 's/^/# found: /'
  fi
}

# What checks are made of: each prints what it found and says whether that is right.
is() { printf '%s\n' "$1" && [[ $1 == "$2" ]]; }           # is FOUND EXPECTED
like() { printf '%s\n' "$1" && [[ $1 =~ $2 ]]; }           # like FOUND REGULAR-EXPRESSION
nothing() { printf '%s\n' "$1" && [[ -z $1 ]]; }           # nothing FOUND
have() { command -v "$1" >/dev/null || { echo "no $1" && return 1; }; }
mode_of() { sudo -n stat -c '%a %U' "$1"; }
sshd_setting() { sudo -n sshd -T 2>/dev/null | awk -v key="$1" '$1 == key { print $2 }'; }
shadow_hash() { sudo -n getent shadow "$1" | cut -d: -f2; }
boot_time() { sed -n 's/^btime //p' /proc/stat; }
# Files among those given that are older than this boot; the clock may have been set by a few seconds.
older_than_boot() { find "$@" ! -newermt "@$(($(boot_time) - 10))" 2>&1; }
family() { if [[ -e /etc/debian_version ]]; then echo debian; else echo redhat; fi; }
