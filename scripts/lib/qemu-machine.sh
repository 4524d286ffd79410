# shellcheck shell=bash disable=SC2034
# The machines of scripts/lib/qemu.sh, which sources this file: what each architecture and provider has.
#
#   qemu_machine amd64             # sets QEMU_PROGRAM, QEMU_MACHINE, QEMU_CPU, QEMU_NIC by QEMU_ACCEL and QEMU_DEVICES
#   qemu_native arm64              # status 0 when its guests run on this machine's own processor
#   qemu_firmware amd64 efi DIR    # sets QEMU_FIRMWARE

# One row an architecture and QEMU_DEVICES (virtualbox, libvirt; virtualbox): the program, and the machine as
# that provider shows it to such a guest. TCG's `max` stands for the host's own CPU, which both pass on,
# without the protections that cost time to emulate (an eighth of the boot) and that no guest asks for; on ARM
# a Cortex-A72 has none of them.
qemu_machine() {
  local arch=$1 devices=${QEMU_DEVICES:-virtualbox}
  local scsi=(-device "virtio-scsi-pci,id=scsi" -device "scsi-hd,drive=disk,bus=scsi.0,bootindex=0")
  local sata=(-device "ahci,id=sata" -device "ide-hd,drive=disk,bus=sata.0")
  local blk=(-device "virtio-blk-pci,drive=disk,bootindex=0")
  QEMU_NIC=virtio-net-pci
  case $arch-$devices in
    amd64-virtualbox)
      QEMU_MACHINE=(-machine pc -vga std "${sata[@]}")
      QEMU_NIC=e1000
      ;;
    amd64-libvirt) QEMU_MACHINE=(-machine pc -vga std "${blk[@]}") ;;
    arm64-virtualbox) QEMU_MACHINE=(-machine "virt,gic-version=3" -device virtio-gpu-pci "${scsi[@]}") ;;
    arm64-libvirt) QEMU_MACHINE=(-machine "virt,gic-version=3" -device virtio-gpu-pci "${blk[@]}") ;;
    *) return 1 ;;
  esac
  case $arch in
    amd64)
      QEMU_PROGRAM=qemu-system-x86_64
      QEMU_CPU=(-accel "tcg,thread=multi" -cpu "max,la57=off,pku=off,smap=off,smep=off,umip=off")
      ;;
    arm64)
      QEMU_PROGRAM=qemu-system-aarch64
      QEMU_CPU=(-accel "tcg,thread=multi" -cpu cortex-a72)
      ;;
  esac
  [[ $QEMU_ACCEL != kvm ]] || QEMU_CPU=(-accel kvm -cpu host)
}

# Whether guests of an architecture run on this machine's own processor.
qemu_native() {
  case $1-$(uname -m) in
    amd64-x86_64 | arm64-aarch64) ;;
    *) return 1 ;;
  esac
}

# Sets QEMU_FIRMWARE. EFI's two parts, code and the memory of its settings, go by different names in
# different distributions; the second is a copy, empty as on a machine that is new.
qemu_firmware() {
  local arch=$1 firmware=$2 dir=$3 code vars package
  QEMU_FIRMWARE=()
  [[ $firmware == efi ]] || return 0
  case $arch in
    amd64)
      set -- /usr/share/OVMF/OVMF_CODE_4M.fd /usr/share/OVMF/OVMF_CODE.fd /usr/share/edk2/ovmf/OVMF_CODE.fd
      package=ovmf
      ;;
    arm64)
      set -- /usr/share/AAVMF/AAVMF_CODE.fd
      package=qemu-efi-aarch64
      ;;
  esac
  for code; do
    vars=${code/CODE/VARS}
    [[ ! -r $code || ! -r $vars ]] || break
  done
  [[ -r ${code:-} && -r $vars ]] ||
    fail "there is no EFI firmware for $arch guests on the worker; install the package $package"
  cp "$vars" "$dir/efi-vars.fd"
  QEMU_FIRMWARE=(-blockdev "driver=file,node-name=efi-code,filename=$code,read-only=on"
    -blockdev "driver=file,node-name=efi-vars,filename=${dir//,/,,}/efi-vars.fd"
    -machine "pflash0=efi-code,pflash1=efi-vars")
}
