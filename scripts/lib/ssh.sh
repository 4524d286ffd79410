# shellcheck shell=bash
# Logs into the guests of scripts/lib/qemu.sh as Vagrant does; sourced after it.
#
#   ssh_take_keys                                   # sets SSH_RSA, SSH_ED25519
#   ssh_guest a "$SSH_RSA" 30 'sudo true'           # one command as vagrant, at most 30 s
#   ssh_guest_as root a "$SSH_RSA" 30 true
#   ssh_with_password a vagrant 30 true             # the password is what $STAGE_TMP/askpass prints
#   ssh_knock a 300 "$SSH_RSA" &                        # writes $STAGE_TMP/a/ssh-at when login works
#
# The user and the two key pairs are the public ones every Vagrant knows (scripts/boot-proof/keys).

# Copies the keys to where only this user can read them: ssh refuses others.
ssh_take_keys() {
  local keys
  keys=$(dirname "${BASH_SOURCE[0]}")/../boot-proof/keys
  SSH_RSA=$STAGE_TMP/vagrant.rsa
  SSH_ED25519=$STAGE_TMP/vagrant.ed25519
  install -m 600 "$keys/vagrant.rsa" "$SSH_RSA"
  install -m 600 "$keys/vagrant.ed25519" "$SSH_ED25519"
}

# The guest makes its host keys at its first boot, so there is nothing to compare the first one with,
# and it comes over a loopback port that only this stage's QEMU listens on. It is taken on first contact
# into a file of this run alone; from then on another key is refused, which Vagrant itself would not do.
ssh_guest() {
  ssh_guest_as vagrant "$@"
}

ssh_guest_as() {
  local user=$1 name=$2 key=$3 seconds=$4
  shift 4
  ssh_options "$name"
  bounded "$seconds" ssh "${SSH_OPTIONS[@]}" -i "$key" -o BatchMode=yes \
    -o PreferredAuthentications=publickey "$user@127.0.0.1" "$@"
}

ssh_with_password() {
  local name=$1 user=$2 seconds=$3
  shift 3
  ssh_options "$name"
  SSH_ASKPASS=$STAGE_TMP/askpass SSH_ASKPASS_REQUIRE=force DISPLAY=:0 \
    bounded "$seconds" ssh "${SSH_OPTIONS[@]}" -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 \
    -o PreferredAuthentications=password,keyboard-interactive "$user@127.0.0.1" "$@"
}

ssh_options() {
  SSH_OPTIONS=(-F /dev/null -p "${QEMU_PORT[$1]}" -o IdentitiesOnly=yes -o IdentityAgent=none
    -o "UserKnownHostsFile=\"$STAGE_TMP/$1/known_hosts\"" -o GlobalKnownHostsFile=/dev/null
    -o StrictHostKeyChecking=accept-new -o ConnectTimeout=20 -o LogLevel=ERROR)
}

# QEMU accepts a connection for the guest even when nobody listens inside, so the server's greeting is
# what counts. Costs no process.
ssh_greets() {
  local fd greeting=
  # A refused connection makes bash complain on stderr.
  { exec {fd}<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
  read -r -t 3 -u "$fd" greeting || true
  exec {fd}>&-
  [[ $greeting == SSH-* ]]
}

# Tries for SECONDS to log in, as long as the machine runs, so that it does not outlive a stage that was
# killed (the machine does not); the time of the first success goes to $STAGE_TMP/NAME/ssh-at.
ssh_knock() {
  local name=$1 deadline=$((SECONDS + $2)) key=$3
  while ((SECONDS < deadline)) && qemu_running "$name"; do
    if ssh_greets "${QEMU_PORT[$name]}" &&
      ssh_guest "$name" "$key" 30 true </dev/null 2>>"$STAGE_TMP/$name/ssh.log"; then
      monotonic_now
      echo "$NOW" >"$STAGE_TMP/$name/ssh-at.new"
      mv "$STAGE_TMP/$name/ssh-at.new" "$STAGE_TMP/$name/ssh-at"
      return
    fi
    pause 0.5
  done
}
