import { derivedUuid } from "./derived";
import type { OvfDisk } from "./disk";
import type { BootDevice, Hardware } from "./hardware";
import { element, leaf, type Lines } from "./xmlWriter";

/**
 * Version of VirtualBox's settings format that `vbox:Machine` is written in: the first with the
 * VMSVGA card (VirtualBox 6.0). Later VirtualBoxes read it, earlier ones refuse anything newer.
 */
const SETTINGS_VERSION = "1.16-linux";
/** The first version that knows machines for ARM (VirtualBox 7.1). */
const ARM_SETTINGS_VERSION = "1.20-linux";

const BOOT_NAMES: Readonly<Record<BootDevice, string>> = {
  disk: "HardDisk",
  dvd: "DVD",
  network: "Network",
  floppy: "Floppy",
};

function bootOrder(hardware: Hardware): Lines {
  const names = [1, 2, 3, 4].map((position) => {
    const device = hardware.bootOrder[position - 1];
    const name = device === undefined ? "None" : BOOT_NAMES[device];
    return element("Order", { position, device: name }, []);
  });
  return element("Boot", {}, names);
}

function display(hardware: Hardware): Lines {
  return element("Display", { controller: hardware.graphics, VRAMSize: hardware.vramMiB }, []);
}

function network(hardware: Hardware): Lines {
  const adapter = {
    slot: 0,
    enabled: true,
    MACAddress: hardware.mac,
    cable: hardware.cableConnected,
    type: hardware.adapter,
  };
  return element("Network", {}, [element("Adapter", adapter, [element("NAT", {}, [])])]);
}

const noSound = element("AudioAdapter", { driver: "Null", enabled: false }, []);

function clock(hardware: Hardware): Lines {
  return element("RTC", { localOrUTC: hardware.rtcUtc ? "UTC" : "local" }, []);
}

function storage(hardware: Hardware, disk: OvfDisk, name: string, type: string): Lines {
  const controller = {
    name,
    type,
    PortCount: 1,
    useHostIOCache: hardware.hostIoCache,
    Bootable: true,
  };
  return element("StorageControllers", {}, [
    element("StorageController", controller, [
      element("AttachedDevice", { type: "HardDisk", port: 0, device: 0 }, [
        element("Image", { uuid: `{${disk.uuid}}` }, []),
      ]),
    ]),
  ]);
}

function machineHardware(hardware: Hardware): Lines {
  const ohci = element("Controller", { name: "OHCI", type: "OHCI" }, []);
  return element("Hardware", {}, [
    element("CPU", { count: hardware.cpus }, [
      element("PAE", { enabled: hardware.pae }, []),
      element("LongMode", { enabled: true }, []),
      element("X2APIC", { enabled: true }, []),
    ]),
    element("Memory", { RAMSize: hardware.memoryMiB }, []),
    ...(hardware.firmware === "efi" ? [element("Firmware", { type: "EFI" }, [])] : []),
    bootOrder(hardware),
    display(hardware),
    element("RemoteDisplay", { enabled: false }, []),
    element("BIOS", {}, [element("IOAPIC", { enabled: hardware.ioApic }, [])]),
    ...(hardware.usb ? [element("USB", {}, [element("Controllers", {}, [ohci])])] : []),
    network(hardware),
    noSound,
    clock(hardware),
  ]);
}

/** On ARM processors, clock and chipset are said of the platform, which also decides what there can be. */
function armHardware(hardware: Hardware, disk: OvfDisk): Lines[] {
  const xhci = element("Controller", { name: "xHCI", type: "XHCI" }, []);
  return [
    element("Hardware", {}, [
      element("Memory", { RAMSize: hardware.memoryMiB }, []),
      element("HID", { Pointing: "USBTablet", Keyboard: "USBKeyboard" }, []),
      bootOrder(hardware),
      display(hardware),
      element("RemoteDisplay", { enabled: false }, []),
      element("Firmware", { type: "EFI" }, []),
      element("USB", {}, [element("Controllers", {}, [xhci])]),
      network(hardware),
      noSound,
      storage(hardware, disk, "VirtIO", "VirtioSCSI"),
    ]),
    element("Platform", { architecture: "ARM" }, [
      clock(hardware),
      element("Chipset", { type: "ARMv8Virtual" }, []),
      element("CPU", { count: hardware.cpus }, []),
    ]),
  ];
}

/**
 * The same machine in VirtualBox's settings format (its `VirtualBox-settings.xsd`, type TMachine),
 * which alone can say firmware, video memory, boot order, clock and host cache.
 */
export function virtualBoxMachine(hardware: Hardware, disk: OvfDisk): Lines {
  const isArm = hardware.architecture === "arm64";
  return element(
    "vbox:Machine",
    {
      "ovf:required": false,
      version: isArm ? ARM_SETTINGS_VERSION : SETTINGS_VERSION,
      uuid: `{${derivedUuid(disk.uuid, "machine")}}`,
      name: hardware.name,
      OSType: hardware.osType,
    },
    [
      leaf("ovf:Info", "VirtualBox machine configuration"),
      ...(isArm
        ? armHardware(hardware, disk)
        : [machineHardware(hardware), storage(hardware, disk, "SATA", "AHCI")]),
    ],
  );
}
