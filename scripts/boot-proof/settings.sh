# shellcheck shell=bash disable=SC2034
# What the boot proof is told, checked before anything starts; sourced by scripts/stages/boot-proof.sh.

# Fills in the defaults and names every problem at once.
check_settings() {
  local problems=() name tool
  : "${BOOT_TIMEOUT:=300}" "${ACCEL:=auto}" "${NETWORK:=nat}" "${CPUS:=}" "${MEMORY_MIB:=}" "${FIRMWARE:=}" "${ACCESS:=public}" "${CLONES:=2}"
  [[ -f $BOX && -r $BOX ]] || problems+=("BOX is '$BOX', which is no readable file")
  [[ -d $OUT_DIR && -w $OUT_DIR ]] || problems+=("OUT_DIR is '$OUT_DIR', which is no writable folder")
  [[ -f $GUEST_CHECKS && -r $GUEST_CHECKS ]] || compgen -G "$GUEST_CHECKS/*.sh" >/dev/null ||
    problems+=("GUEST_CHECKS is '$GUEST_CHECKS', which is no readable file and no folder of scripts")
  [[ $ACCESS =~ ^(public|private)$ ]] || problems+=("ACCESS is '$ACCESS'; allowed: public, private")
  if [[ $ACCESS == private && -z ${AUTHORIZED_KEYS:-} ]]; then
    problems+=("AUTHORIZED_KEYS is not set; a private box has its owner's public keys in it")
  fi
  [[ $ACCEL =~ ^(auto|kvm|tcg)$ ]] || problems+=("ACCEL is '$ACCEL'; allowed: auto, kvm, tcg")
  [[ $NETWORK =~ ^(nat|isolated)$ ]] || problems+=("NETWORK is '$NETWORK'; allowed: nat, isolated")
  [[ $FIRMWARE =~ ^(bios|efi|both|)$ ]] || problems+=("FIRMWARE is '$FIRMWARE'; allowed: bios, efi, both")
  whole_number BOOT_TIMEOUT 1 7200
  whole_number CLONES 1 2
  [[ -z $CPUS ]] || whole_number CPUS 1 64
  [[ -z $MEMORY_MIB ]] || whole_number MEMORY_MIB 64 1048576
  for tool in qemu-img ssh jq setpriv tar $([[ $ACCESS == public ]] || echo qemu-storage-daemon sfdisk); do
    command -v "$tool" >/dev/null || problems+=("the program $tool is not installed")
  done
  if ((${#problems[@]} > 0)); then
    fail "$(printf '%s; ' "${problems[@]}" | sed 's/; $//')"
  fi
}

# Adds to the caller's problems.
whole_number() {
  local name=$1 least=$2 most=$3
  if [[ ! ${!name} =~ ^[0-9]{1,9}$ ]] || ((10#${!name} < least || 10#${!name} > most)); then
    problems+=("$name is '${!name}'; allowed: a whole number from $least to $most")
  fi
}

# CPUs, memory and machine as the box itself asks for them, where nobody said otherwise.
choose_machine() {
  : "${CPUS:=${BOX_CPUS:-2}}" "${MEMORY_MIB:=${BOX_MEMORY_MIB:-2048}}"
  QEMU_DEVICES=$BOX_PROVIDER
  QEMU_ACCEL=tcg qemu_machine "$BOX_ARCH" ||
    fail "$BOX is for the architecture '$BOX_ARCH'; the boot proof knows amd64 and arm64"
  # Another processor's instructions take several times as long as this one's, checked or not.
  qemu_native "$BOX_ARCH" || BOOT_TIMEOUT=$((BOOT_TIMEOUT * 4))
  command -v "$QEMU_PROGRAM" >/dev/null || fail "the program $QEMU_PROGRAM is not installed"
  FIRMWARE_A=$BOX_FIRMWARE FIRMWARE_B=$BOX_FIRMWARE
  # What a box of ours does not ask for but starts with as well is shown by the other clone.
  case $BOX_FIRMWARE-$FIRMWARE in
    bios-both) FIRMWARE_B=efi ;;
    efi-both | efi-efi) if [[ $BOX_ARCH == amd64 ]]; then FIRMWARE_B=bios; fi ;;
    bios-bios | *-) ;;
    *) fail "$BOX asks for the firmware $BOX_FIRMWARE, and is to be for $FIRMWARE" ;;
  esac
  : "${FIRMWARE:=$BOX_FIRMWARE}"
}
