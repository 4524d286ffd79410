# shellcheck shell=bash
# Logs into the guests of scripts/lib/qemu.sh as Vagrant does; sourced after it.
#
#   ssh_take_keys                                   # sets SSH_RSA, SSH_ED25519
#   ssh_guest a "$SSH_RSA" 30 'sudo true'           # one command, at most 30 s
#   ssh_knock a 300 &                               # writes $STAGE_TMP/a/ssh-at when login works
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
  local name=$1 key=$2 seconds=$3
  shift 3
  bounded "$seconds" ssh -F /dev/null -p "${QEMU_PORT[$name]}" -i "$key" \
    -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes -o PreferredAuthentications=publickey \
    -o "UserKnownHostsFile=\"$STAGE_TMP/$name/known_hosts\"" -o GlobalKnownHostsFile=/dev/null \
    -o StrictHostKeyChecking=accept-new -o ConnectTimeout=20 -o LogLevel=ERROR \
    vagrant@127.0.0.1 "$@"
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
  local name=$1 deadline=$((SECONDS + $2))
  while ((SECONDS < deadline)) && qemu_running "$name"; do
    if ssh_greets "${QEMU_PORT[$name]}" &&
      ssh_guest "$name" "$SSH_RSA" 30 true </dev/null 2>>"$STAGE_TMP/$name/ssh.log"; then
      monotonic_now
      echo "$NOW" >"$STAGE_TMP/$name/ssh-at.new"
      mv "$STAGE_TMP/$name/ssh-at.new" "$STAGE_TMP/$name/ssh-at"
      return
    fi
    pause 0.5
  done
}
