#!/bin/bash
# Answers for systemctl, systemd-run and cloud-init inside an emulated instance, where no systemd runs.
# Power commands go to the instance's first process; SSH is stopped and started for real; enabling and
# masking units is left to the real systemctl, which needs no running systemd for it.
set -u
here=/run/emulator

words=()
for word in "$@"; do [[ $word == -* ]] || words+=("$word"); done

power() {
  echo "$1" >$here/control
}

after() { # SECONDS COMMAND...
  local seconds=$1
  shift
  # shellcheck disable=SC2016 # for that shell to expand
  setsid bash -c 'sleep "$0" && exec "$@"' "$seconds" "$@" </dev/null >/dev/null 2>&1 &
}

seconds_of() { # 4h, 30min, 20s or 20
  case $1 in
    *h) echo $((${1%h} * 3600)) ;;
    *min) echo $((${1%min} * 60)) ;;
    *) echo "${1%s}" ;;
  esac
}

shutdown_of() {
  local verb=poweroff seconds=60 word
  for word in "$@"; do
    case $word in
      -r | --reboot) verb=reboot ;;
      now) seconds=0 ;;
      +*) seconds=$((${word#+} * 60)) ;;
      -c) exit 0 ;;
    esac
  done
  if [[ $seconds == 0 ]]; then power $verb; else after "$seconds" /usr/bin/systemctl $verb; fi
}

is_ssh() {
  [[ $1 == ssh || $1 == sshd || $1 == ssh.service || $1 == sshd.service ]]
}

active() {
  local unit status=3
  for unit in "${words[@]:1}"; do
    if is_ssh "$unit" && [[ -e $here/sshd.pid ]]; then status=0; fi
  done
  if [[ " $* " != *" --quiet "* && " $* " != *" -q "* ]]; then
    if [[ $status == 0 ]]; then echo active; else echo inactive; fi
  fi
  exit $status
}

stop() {
  local unit
  for unit in "${words[@]:1}"; do
    if is_ssh "$unit" && [[ -e $here/sshd.pid ]]; then kill "$(<$here/sshd.pid)"; fi
  done
}

case ${0##*/} in
  reboot) power reboot ;;
  poweroff | halt) power poweroff ;;
  shutdown) shutdown_of "$@" ;;
  systemd-run)
    # As on the real one: while cloud-init's first stage runs, a command that waits for its unit to start waits
    # for ever, because units wait for that stage.
    if [[ -e $here/early && " $* " != *" --no-block "* ]]; then sleep infinity; fi
    seconds=0
    while [[ ${1:-} == -* ]]; do
      case $1 in --on-active=*) seconds=$(seconds_of "${1#*=}") ;; esac
      shift
    done
    after "$seconds" "$@"
    ;;
  cloud-init)
    if [[ ${1:-} == status ]]; then
      until [[ -e $here/cloud-done || " $* " != *" --wait "* ]]; do sleep 0.2; done
      echo "status: done"
    else
      exec $here/cloud-init.real "$@"
    fi
    ;;
  systemctl)
    case ${words[0]:-} in
      reboot | poweroff | halt) power "${words[0]/halt/poweroff}" ;;
      is-system-running) echo running ;;
      is-active) active "$@" ;;
      stop) stop ;;
      enable | disable | mask | unmask | preset | is-enabled | set-default | get-default)
        exec env SYSTEMD_OFFLINE=1 $here/systemctl.real "${@/--now/--no-reload}"
        ;;
      list-unit-files | cat) exec env SYSTEMD_OFFLINE=1 $here/systemctl.real "$@" ;;
    esac
    ;;
esac
