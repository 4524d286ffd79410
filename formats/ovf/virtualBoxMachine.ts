import { derivedUuid } from "./derived";
import type { OvfDisk } from "./disk";
import type { BootDevice, Hardware } from "./hardware";
import { element, leaf, type Lines } from "./xmlWriter";

/**
 * Version of VirtualBox's settings format that `vbox:Machine` is written in: the first with the
 * VMSVGA card (VirtualBox 6.0). Later VirtualBoxes read it, earlier ones refuse anything newer.
 */
const SETTINGS_VERSION = "1.16-linux";

const BOOT_NAMES: Readonly<Record<BootDevice, string>> = {
  disk: "HardDisk",
  dvd: "DVD",
  network: "Network",
  floppy: "Floppy",
};

function machineHardware(hardware: Hardware): Lines {
  const bootNames = [1, 2, 3, 4].map((position) => {
    const device = hardware.bootOrder[position - 1];
    const name = device === undefined ? "None" : BOOT_NAMES[device];
    return element("Order", { position, device: name }, []);
  });
  const ohci = element("Controller", { name: "OHCI", type: "OHCI" }, []);
  return element("Hardware", {}, [
    element("CPU", { count: hardware.cpus }, [
      element("PAE", { enabled: hardware.pae }, []),
      element("LongMode", { enabled: true }, []),
      element("X2APIC", { enabled: true }, []),
    ]),
    element("Memory", { RAMSize: hardware.memoryMiB }, []),
    ...(hardware.firmware === "efi" ? [element("Firmware", { type: "EFI" }, [])] : []),
    element("Boot", {}, bootNames),
    element("Display", { controller: hardware.graphics, VRAMSize: hardware.vramMiB }, []),
    element("RemoteDisplay", { enabled: false }, []),
    element("BIOS", {}, [element("IOAPIC", { enabled: hardware.ioApic }, [])]),
    ...(hardware.usb ? [element("USB", {}, [element("Controllers", {}, [ohci])])] : []),
    element("Network", {}, [
      element(
        "Adapter",
        {
          slot: 0,
          enabled: true,
          MACAddress: hardware.mac,
          cable: hardware.cableConnected,
          type: hardware.adapter,
        },
        [element("NAT", {}, [])],
      ),
    ]),
    element("AudioAdapter", { driver: "Null", enabled: false }, []),
    element("RTC", { localOrUTC: hardware.rtcUtc ? "UTC" : "local" }, []),
  ]);
}

/**
 * The same machine in VirtualBox's settings format (its `VirtualBox-settings.xsd`, type TMachine),
 * which alone can say firmware, video memory, boot order, clock and host cache.
 */
export function virtualBoxMachine(hardware: Hardware, disk: OvfDisk): Lines {
  return element(
    "vbox:Machine",
    {
      "ovf:required": false,
      version: SETTINGS_VERSION,
      uuid: `{${derivedUuid(disk.uuid, "machine")}}`,
      name: hardware.name,
      OSType: hardware.osType,
    },
    [
      leaf("ovf:Info", "VirtualBox machine configuration"),
      machineHardware(hardware),
      element("StorageControllers", {}, [
        element(
          "StorageController",
          {
            name: "SATA",
            type: "AHCI",
            PortCount: 1,
            useHostIOCache: hardware.hostIoCache,
            Bootable: true,
          },
          [
            element("AttachedDevice", { type: "HardDisk", port: 0, device: 0 }, [
              element("Image", { uuid: `{${disk.uuid}}` }, []),
            ]),
          ],
        ),
      ]),
    ],
  );
}
