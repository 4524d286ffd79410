import type { BlockSource } from "../blockSource";
import { ovfDescriptor } from "../ovf/descriptor";
import { diskIdentity, writeStreamOptimized } from "../vmdk";
import type { BoxSettings } from "./settings";
import { boxMetadata, boxVagrantfile } from "./texts";
import type { BoxContents, DiskProgress } from "./writer";

/** The name the disk has in every box for VirtualBox: what its own export calls it. */
export const DISK_NAME = "box-disk001.vmdk";

/**
 * What is in a box for VirtualBox: a streamOptimized VMDK and the OVF that describes its machine (Vagrant
 * documentation, "VirtualBox Provider", "Creating a Base Box").
 */
export function virtualBoxContents(
  settings: BoxSettings,
  source: BlockSource,
  progress: DiskProgress,
): Omit<BoxContents, "info" | "epoch"> {
  const { seed, hardware, compression, threads, architecture } = settings;
  const { uuid } = diskIdentity(seed);
  const { capacity } = source;
  return {
    metadata: boxMetadata({ provider: "virtualbox", architecture }),
    vagrantfile: boxVagrantfile([
      `config.vm.base_mac = "${hardware.mac}"`,
      ...settings.vagrantfileLines,
    ]),
    diskName: DISK_NAME,
    descriptor: (fileSize) =>
      ovfDescriptor(hardware, { fileName: DISK_NAME, fileSize, capacity, uuid }),
    writeDisk: async (sink) => {
      const options = { source, seed, compression, ...(threads && { threads }), ...progress };
      return (await writeStreamOptimized(options, (chunk) => sink.append(chunk))).compressor;
    },
  };
}
