#!/usr/bin/env bash
# Makes a machine a worker: installs from the distribution's packages what the stages need and is missing.
#
#   scripts/worker/prepare.sh
#
# Variables, all optional: PURPOSES (words of the first column of packages.txt; all of them by default),
#   LOCK_TIMEOUT (seconds to wait for cloud-init and for other package managers; 600), PACKAGES_FILE (the
#   table; packages.txt beside this file), OS_RELEASE (/etc/os-release).
# Needs: Debian, Ubuntu or Amazon Linux 2023; root, or sudo that asks for no password.
# Changes nothing on a machine that has everything. Chatter goes to stderr.
# Prints: {"stage":"prepare","seconds":31.0,"system":"ubuntu 24.04","machine":"x86_64","node":"18.19.1",
#   "installed":["jq","mmdebstrap"],"notices":[]}
#
# By hand:
#   PURPOSES='box boot-proof' scripts/worker/prepare.sh
set -Eeuo pipefail
shopt -s inherit_errexit

# Where a plain user's PATH does not lead, although the stages, as root, find them.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
: "${LOCK_TIMEOUT:=600}" "${PACKAGES_FILE:=$(dirname "${BASH_SOURCE[0]}")/packages.txt}" "${OS_RELEASE:=/etc/os-release}"
OLDEST_NODE=18
started=$SECONDS

say() {
  echo "prepare: $*" >&2
}

fail() {
  say "error: $*"
  exit 1
}

table() {
  grep -Ev '^(#|$)' "$PACKAGES_FILE"
}

# Only the words of the table, so that a misspelt one is no silent nothing.
check_purposes() {
  local known word
  known=" $(table | awk '{ print $1 }' | sort -u | tr '\n' ' ')"
  : "${PURPOSES:=$known}"
  for word in $PURPOSES; do
    [[ $known == *" $word "* ]] || fail "PURPOSES has '$word'; allowed:$known"
  done
}

find_system() {
  [[ -r $OS_RELEASE ]] || fail "$OS_RELEASE cannot be read; a worker must be Debian, Ubuntu or Amazon Linux 2023"
  # shellcheck disable=SC1090 # given by the system
  read -r ID VERSION_ID < <(. "$OS_RELEASE" && echo "${ID:-unknown}" "${VERSION_ID:-unknown}")
  case $ID in
    debian | ubuntu) manager=apt ;;
    amzn)
      [[ $VERSION_ID != 2 ]] || fail "this is Amazon Linux 2, whose Node.js is too old; use Amazon Linux 2023, Ubuntu or Debian"
      manager=dnf
      ;;
    *) fail "this is $ID $VERSION_ID; a worker must be Debian, Ubuntu or Amazon Linux 2023" ;;
  esac
}

is_present() {
  case $1 in
    /*) [[ -e $1 ]] ;;
    lib*) ldconfig -p | grep -F "$1 " >/dev/null ;; # -q would end the pipe, and with it the status
    *) command -v "$1" >/dev/null ;;
  esac
}

# Sets required and optional to the packages that are missing, and notices; fails for what cannot be had.
find_missing() {
  local purpose looked_for need apt dnf why package impossible=()
  required=() optional=() notices=()
  while read -r purpose looked_for need apt dnf why; do
    [[ " $PURPOSES " == *" $purpose "* ]] || continue
    is_present "$looked_for" && continue
    if [[ $manager == apt ]]; then package=$apt; else package=$dnf; fi
    if [[ $package == - && $need == must ]]; then
      impossible+=("$looked_for, which $why")
    elif [[ $package == - ]]; then
      notices+=("$looked_for, which $why, is no package of $ID $VERSION_ID")
    elif [[ $need == must ]]; then
      required+=("$package")
    else
      optional+=("$package")
    fi
  done < <(table)
  if ((${#impossible[@]} > 0)); then
    fail "$ID $VERSION_ID has no package for: $(printf '%s; ' "${impossible[@]}")use Debian or Ubuntu, or do without (box.bootProof)"
  fi
}

# cloud-init may be installing packages, and on a first boot writes the package sources.
wait_for_cloud_init() {
  command -v cloud-init >/dev/null || return 0
  say "waiting for cloud-init"
  timeout "$LOCK_TIMEOUT" cloud-init status --wait >/dev/null 2>&1 || true
}

# Tries again: a mirror may be in the middle of an update, and the lock of the lists knows no waiting.
with_retries() {
  local try
  for try in 1 2 3 4 5; do
    "$@" </dev/null >&2 && return 0
    ((try == 5)) || sleep $((try * 3))
  done
  return 1
}

refresh_lists() {
  [[ $manager == dnf ]] || with_retries "${as_root[@]}" apt-get -qq update ||
    say "the package lists could not be brought up to date; trying with those there are"
}

install_packages() {
  if [[ $manager == apt ]]; then
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get -qq --yes \
      -o "DPkg::Lock::Timeout=$LOCK_TIMEOUT" -o Dpkg::Use-Pty=0 install --no-install-recommends "$@"
  else
    "${as_root[@]}" dnf --quiet --assumeyes --setopt=install_weak_deps=False install "$@"
  fi
}

install_missing() {
  local package
  installed=()
  if ((${#required[@]} + ${#optional[@]} == 0)); then return 0; fi
  wait_for_cloud_init
  refresh_lists
  if ((${#required[@]} > 0)); then
    say "installing ${required[*]}"
    with_retries install_packages "${required[@]}" || fail "these packages could not be installed: ${required[*]}; see above"
    installed+=("${required[@]}")
  fi
  for package in "${optional[@]}"; do
    if install_packages "$package" </dev/null >&2; then
      installed+=("$package")
    else
      notices+=("$package could not be installed: it is done without")
    fi
  done
}

check_node() {
  node=$(node --version)
  node=${node#v}
  ((${node%%.*} >= OLDEST_NODE)) ||
    fail "Node.js is $node here; the tools need $OLDEST_NODE or newer: use a newer distribution, or put one on PATH for root"
}

# Kernels load these on demand, but not from inside a mount namespace of every distribution.
load_modules() {
  local module
  for module in loop overlay; do
    "${as_root[@]}" modprobe --quiet "$module" 2>/dev/null || true
  done
}

as_root=()
if [[ $EUID -ne 0 ]]; then
  as_root=(sudo --non-interactive)
  "${as_root[@]}" true 2>/dev/null || fail "$(id -un) may not use sudo without a password; allow it, or log in as root"
fi
check_purposes
find_system
find_missing
install_missing
check_node
load_modules
for notice in "${notices[@]}"; do say "$notice"; done
jq -cn --argjson seconds $((SECONDS - started)) --arg system "$ID $VERSION_ID" --arg machine "$(uname -m)" \
  --arg node "$node" --arg installed "${installed[*]}" --arg notices "$(printf '%s\n' "${notices[@]}")" \
  '{stage: "prepare", $seconds, $system, $machine, $node, installed: ($installed | split(" ")),
    notices: ($notices | split("\n") | map(select(. != "")))}'
