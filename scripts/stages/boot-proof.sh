#!/usr/bin/env bash
# Boots a finished box under QEMU with the devices of its provider (VirtualBox: AHCI and 82540EM, on ARM
# virtio; libvirt: virtio), logs in as Vagrant does and lets the guest check itself. The disk is read where it
# stands inside the .box, which is not changed or unpacked.
#
# Two clones of the box start side by side: A is checked, and B shows that no two machines made from the
# box share their machine-id or SSH host keys. With CLONES=1 only A starts: half the proof in half the time.
#
# Variables: WORK_DIR; BOX (the .box, a plain tar); OUT_DIR (folder for the evidence, made if missing).
# Optional: GUEST_CHECKS (bash script that is run inside as user vagrant and writes TAP;
#   or a folder of the parts of one; scripts/guest-checks), BOOT_TIMEOUT (seconds until SSH must answer, and again for the
#   guest's checks; 300), CPUS and MEMORY_MIB (else what the box's OVF says, else 2 and 2048),
#   CLONES (1 or 2; 2), ACCEL (auto, kvm, tcg; auto: KVM where it runs a guest and is not slower than TCG),
#   FIRMWARE (bios, efi, both: with the latter two B starts with the firmware the OVF does not name; what
#   the OVF says, for both clones),
#   ACCESS (public, private; public), AUTHORIZED_KEYS (text of the public keys in a private box),
#   NETWORK (nat: as VirtualBox's; isolated: the guest reaches nothing. On a cloud worker use isolated:
#   the guest would find the worker's own instance metadata; nat).
# Needs: ovmf for a box with EFI; qemu-system-x86_64, or qemu-system-aarch64 and qemu-efi-aarch64; qemu-img, ssh, jq, setpriv, tar.
# Makes in OUT_DIR: console.png (the screen at the login prompt), checks.tap, checks.json
#   ([{name, ok, detail}]), boot-proof.log; after a failure also journal.txt (the end of the guest's
#   journal) or console.txt (the screen's words), as far as they can be had.
# Prints: {"stage":"boot-proof","seconds":48.3,"ok":true,"path":"...","inputBytes":..,"outputBytes":..,
#   "sha256":"..","accel":"tcg","firmware":"bios","secondsToSsh":21.4,"secondsToSshClone":22.0,"cpus":2,"memoryMib":2048,
#   "checks":{"passed":41,"failed":0,"skipped":0},"screenshot":".../console.png"}
# Exit status: 0 when every check passed; else 1, and the last line on stderr names what failed.
#
# By hand:
#   WORK_DIR=/var/tmp/box BOX=out/debian/1.0.0/virtualbox-amd64.box OUT_DIR=/var/tmp/proof \
#   scripts/stages/boot-proof.sh
here=$(dirname "${BASH_SOURCE[0]}")
source "$here/../lib/stage.sh"
stage_begin boot-proof BOX OUT_DIR
: "${GUEST_CHECKS:=$here/../guest-checks}"
# check_settings says what is wrong when this could not be done.
mkdir -p "$OUT_DIR" 2>/dev/null || true
source "$here/../lib/bounded.sh"
source "$here/../lib/qemu.sh"
source "$here/../lib/ssh.sh"
source "$here/../boot-proof/settings.sh"
source "$here/../boot-proof/box.sh"
source "$here/../boot-proof/checks.sh"
source "$here/../boot-proof/evidence.sh"
source "$here/../boot-proof/steps.sh"
source "$here/../boot-proof/access.sh"

check_settings
box_inspect "$BOX"
choose_machine
checks_begin
evidence_begin
take_way_in

qemu_choose_accelerator "$ACCEL" "$BOX_ARCH" "$CPUS"
progress "starting the clones ($QEMU_ACCEL, $CPUS CPUs, $MEMORY_MIB MiB each)"
start_clone a "$CPUS" 08:00:27:00:00:0a "$FIRMWARE_A"
# Only the identity of B is looked at: one processor is enough, and leaves the worker's to A.
((CLONES == 1)) || start_clone b 1 08:00:27:00:00:0b "$FIRMWARE_B"
wait_for_ssh a
check_access a
run_guest_checks a

if ((CLONES == 2)); then
  wait_for_ssh b
  check_identities a b
  qemu_quit b
fi

take_screenshot a
power_off a

report_and_end
