#!/usr/bin/env bash
# Detects services that talk to a cloud the box is not in: they wait for it at boot, or, like EC2 Instance
# Connect, at each login. Removes their packages (Debian family) or masks their units.
set -Eeuo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

agent_packages=(amazon-ssm-agent ec2-instance-connect ec2-hibinit-agent hibagent amazon-ec2-utils
  amazon-ec2-net-utils google-guest-agent google-compute-engine walinuxagent)
agent_units=(amazon-ssm-agent.service snap.amazon-ssm-agent.amazon-ssm-agent.service hibinit-agent.service
  ec2-instance-connect.service ec2-instance-connect-harvest-hostkeys.service policy-routes@.service)

packages_there() {
  local name
  if [[ $(family) != debian ]]; then return; fi
  for name in "${agent_packages[@]}"; do
    if package_present "$name"; then echo "$name"; fi
  done
}

units_there() {
  local name
  for name in "${agent_units[@]}"; do
    if unit_exists "$name" && [[ $(readlink "$root/etc/systemd/system/$name") != /dev/null ]]; then
      echo "$name"
    fi
  done
}

check() {
  local there
  mapfile -t there < <(packages_there && units_there)
  if [[ ${#there[@]} -eq 0 ]]; then
    verdict "no agent of a cloud" ok
  else
    verdict "$(list "${there[@]}")" fix "remove or mask"
  fi
}

fix() {
  local there name
  mapfile -t there < <(packages_there)
  if [[ ${#there[@]} -gt 0 ]]; then apt purge "${there[@]}"; fi
  while read -r name; do
    ln -sfn /dev/null "$root/etc/systemd/system/$name"
  done < <(units_there)
}

run "$@"
