import type { BlockSource } from "../blockSource";
import { writeQcow2 } from "../qcow2";
import type { BoxSettings } from "./settings";
import { boxMetadata, boxVagrantfile } from "./texts";
import type { BoxContents, DiskProgress } from "./writer";

/** The name the disk has in every box for libvirt. */
export const LIBVIRT_DISK_NAME = "box.img";

/**
 * What is in a box for libvirt, in version 1 of its format (vagrant-libvirt, docs/boxes.markdown, "Box
 * Formats"): a qcow2 image `box.img`, whose format and size in GiB are in `metadata.json`, and the machine
 * in the Vagrantfile. vagrant-libvirt makes each machine's disk as an overlay of `virtual_size`, so a size
 * that is no whole number is rounded up.
 */
export function libvirtContents(
  settings: BoxSettings,
  source: BlockSource,
  progress: DiskProgress,
): Omit<BoxContents, "info" | "epoch"> {
  const { compression, threads, architecture } = settings;
  return {
    metadata: boxMetadata({
      provider: "libvirt",
      architecture,
      format: "qcow2",
      virtual_size: virtualSizeGiB(source.capacity),
    }),
    vagrantfile: boxVagrantfile([...machine(settings), ...settings.vagrantfileLines]),
    diskName: LIBVIRT_DISK_NAME,
    writeDisk: async (sink) => {
      const options = { source, compression, ...(threads && { threads }), ...progress };
      return (await writeQcow2(options, sink)).compressor;
    },
  };
}

/** Size of a disk as `metadata.json` tells it. */
export function virtualSizeGiB(capacity: number): number {
  return Math.ceil(capacity / 2 ** 30);
}

/**
 * The machine, as lines of the configure block: paravirtual disk and network card, for which the initramfs
 * has drivers. `/vagrant` goes by rsync: NFS, which vagrant-libvirt would prefer, wants root on the host.
 */
function machine({ architecture, hardware }: BoxSettings): string[] {
  return [
    "config.vm.provider :libvirt do |libvirt|",
    '  libvirt.driver = "kvm"',
    `  libvirt.cpus = ${hardware.cpus}`,
    `  libvirt.memory = ${hardware.memoryMiB}`,
    '  libvirt.disk_bus = "virtio"',
    '  libvirt.nic_model_type = "virtio"',
    ...(architecture === "arm64"
      ? ['  libvirt.machine_arch = "aarch64"', '  libvirt.machine_type = "virt"']
      : []),
    "end",
    'config.vm.synced_folder ".", "/vagrant", type: "rsync"',
  ];
}
