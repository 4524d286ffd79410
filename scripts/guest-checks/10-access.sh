# shellcheck shell=bash disable=SC2154
# Who gets in, and how. A part of the guest checks; see 00-begin.sh.

silent_sudo() { nothing "$(sudo -n true 2>&1)"; }

password_is() { # password_is USER: "vagrant" in a public box, none that works in a private one
  local hash kind salt
  hash=$(shadow_hash "$1")
  if [[ $access == private ]]; then
    like "$hash" '^[!*]'
    return
  fi
  IFS='$' read -r _ kind salt _ <<<"$hash"
  [[ $kind == 6 ]] && is "$hash" "$(openssl passwd -6 -salt "$salt" vagrant)"
}

insecure_keys() {
  local kind count=0
  for kind in 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN1YdxBpNlzxDqfJyw/QKow1F+wvG9hXGoqiysfJOn5Y vagrant insecure public key' \
    'ssh-rsa AAAAB3NzaC1yc2EAAAABIwAAAQEA6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzIw+niNltGEFHzD8+v1I2YJ6oXevct1YeS0o9HZyN1Q9qgCgzUFtdOKLv6IedplqoPkcmF0aYet2PkEDo3MlTBckFXPITAMzF8dJSIFo9D8HfdOV0IAdx4O7PtixWKn5y2hMNG0zQPyUecp4pzC6kivAIhyfHilFR61RGL+GPXQ2MWZWFYbAGjyiYJnAmCP3NOTd0jMZEnDkbUvxhMmBYSdETk1rRgm+R4LOzFUGaHqHDLKLX+FIPKcF96hrucXzcWyLbIbEgE98OHlnVYCzRdK8jlqm8tehUc9c9WhQ== vagrant insecure public key'; do
    if grep -Fxq "$kind" ~/.ssh/authorized_keys; then count=$((count + 1)); fi
  done
  if [[ $access == public ]]; then is "$count" 2; else is "$count" 0; fi
}

# The owner's keys and the one of this run, which was put into the clone and is in no box.
own_keys() {
  [[ $access == private ]] || return 0
  is "$(grep -cE '^[^#]' ~/.ssh/authorized_keys)" $((${AMI2BOX_OWN_KEYS:-0} + 1))
}

check "the user is vagrant" is "$(id -un)" vagrant
check "the shell of vagrant is bash" is "$(getent passwd vagrant | cut -d: -f7)" /bin/bash
check "sudo asks for no password and needs no terminal" is "$(sudo -n id -u 2>&1)" 0
check "sudo has nothing to complain of" silent_sudo
check "the sudo rules are valid" sudo -n visudo -c -q
check "the sudo rule has mode 0440 and belongs to root" is "$(mode_of /etc/sudoers.d/vagrant)" "440 root"
check "the home folder can be entered by its owner alone or read by others, not written" like "$(mode_of ~)" '^7[05][05] vagrant$'
check "\$HOME/.ssh has mode 0700" is "$(mode_of ~/.ssh)" "700 vagrant"
check "authorized_keys has mode 0600" is "$(mode_of ~/.ssh/authorized_keys)" "600 vagrant"
check "Vagrant's insecure keys are there only in a public box, both of them" insecure_keys
check "in a private box the keys are its owner's, no more and no fewer" own_keys
check "sshd takes passwords only in a public box" is "$(sshd_setting passwordauthentication)" "$([[ $access == public ]] && echo yes || echo no)"
check "vagrant's password is as a $access box has it" password_is vagrant
check "root's password is as a $access box has it" password_is root
check "root cannot log in with a password over SSH" like "$(sshd_setting permitrootlogin)" '^(no|prohibit-password|without-password|forced-commands-only)$'
check "sshd looks up no names" is "$(sshd_setting usedns)" no
check "sshd tries no GSSAPI" is "$(sshd_setting gssapiauthentication)" no
