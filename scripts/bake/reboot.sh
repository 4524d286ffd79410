#!/usr/bin/env bash
# Reboots the builder between two provisioning scripts.
#
#   bash reboot.sh
#
# SSH stops listening first, and this connection alone stays: whoever logs in next waits for the new
# system, not for one that is about to end.
#
# Needs: systemd; root, or sudo that asks for no password.
# Prints: nothing.
set -Eeuo pipefail

as_root=()
if [[ $EUID -ne 0 ]]; then as_root=(sudo --non-interactive); fi

units=()
for unit in ssh.socket sshd.socket ssh.service sshd.service; do
  if systemctl --quiet is-active "$unit"; then units+=("$unit"); fi
done
[[ ${#units[@]} -eq 0 ]] || "${as_root[@]}" systemctl stop "${units[@]}"
"${as_root[@]}" systemd-run --quiet --on-active=2 systemctl reboot
