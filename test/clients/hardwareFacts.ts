import { type BootDevice, type Hardware } from "../../formats/ovf/hardware";
import { isOsType } from "../../formats/ovf/osTypes";
import { readOvf } from "../../formats/ovf/reader";
import { descendants, parseXml, type XmlElement } from "../../formats/ovf/xmlReader";

/** VirtualBox's words for boot devices, in its settings format and in what it shows. */
const BOOT_DEVICES: Readonly<Record<BootDevice, { written: string; shown: string }>> = {
  disk: { written: "HardDisk", shown: "disk" },
  dvd: { written: "DVD", shown: "dvd" },
  network: { written: "Network", shown: "net" },
  floppy: { written: "Floppy", shown: "floppy" },
};

const onOff = (value: boolean): string => (value ? "on" : "off");

/** What `VBoxManage showvminfo --machinereadable` shows of a machine with this hardware. */
export function shownHardware(hardware: Hardware): Readonly<Record<string, string>> {
  const bootDevice = (position: number): string => {
    const device = hardware.bootOrder[position - 1];
    return device === undefined ? "none" : BOOT_DEVICES[device].shown;
  };
  return {
    cpus: String(hardware.cpus),
    memory: String(hardware.memoryMiB),
    vram: String(hardware.vramMiB),
    ioapic: onOff(hardware.ioApic),
    rtcuseutc: onOff(hardware.rtcUtc),
    pae: onOff(hardware.pae),
    boot1: bootDevice(1),
    boot2: bootDevice(2),
    boot3: bootDevice(3),
    boot4: bootDevice(4),
    firmware: hardware.firmware.toUpperCase(),
    graphicscontroller: hardware.graphics.toLowerCase(),
    storagecontrollertype0: "IntelAhci",
    storagecontrollerportcount0: "1",
    storagecontrollerbootable0: "on",
    nic1: "nat",
    nic2: "none",
    nictype1: hardware.adapter,
    cableconnected1: onOff(hardware.cableConnected),
    macaddress1: hardware.mac,
    usb: onOff(hardware.usb),
    audio: "none",
    uart1: "off",
    vrde: "off",
  };
}

/** The values that VirtualBox shows for the settings of `expected`; absent ones as `(absent)`. */
export function sameSettings(
  shown: ReadonlyMap<string, string>,
  expected: Readonly<Record<string, string>>,
): Record<string, string> {
  const names = Object.keys(expected);
  return Object.fromEntries(names.map((name) => [name, shown.get(name) ?? "(absent)"]));
}

function only(from: XmlElement, ...path: readonly string[]): XmlElement {
  const [found, ...others] = descendants(from, ...path);
  if (found !== undefined && others.length === 0) return found;
  throw new Error(`<${from.name}> should have one ${path.join("/")}`);
}

const attribute = (element: XmlElement, name: string): string => element.attributes[name] ?? "";
const flag = (element: XmlElement, name: string): boolean => attribute(element, name) === "true";

/** The hardware that a box's descriptor asks for. */
export function hardwareOfDescriptor(text: string): Hardware {
  const { name, cpus, memoryMiB, mac = "" } = readOvf(text);
  const machine = only(parseXml(text), "VirtualSystem", "Machine");
  const hardware = only(machine, "Hardware");
  const adapter = only(hardware, "Network", "Adapter");
  const osType = attribute(machine, "OSType");
  if (!isOsType(osType)) throw new Error(`${osType} is no guest type of ours`);
  const written = descendants(hardware, "Boot", "Order").map((each) => attribute(each, "device"));
  const devices = Object.keys(BOOT_DEVICES) as BootDevice[];
  return {
    name,
    architecture: "amd64",
    osType,
    cpus,
    memoryMiB,
    mac,
    vramMiB: Number(attribute(only(hardware, "Display"), "VRAMSize")),
    ioApic: flag(only(hardware, "BIOS", "IOAPIC"), "enabled"),
    rtcUtc: attribute(only(hardware, "RTC"), "localOrUTC") === "UTC",
    pae: flag(only(hardware, "CPU", "PAE"), "enabled"),
    bootOrder: written.flatMap((word) =>
      devices.filter((device) => BOOT_DEVICES[device].written === word),
    ),
    hostIoCache: flag(only(machine, "StorageControllers", "StorageController"), "useHostIOCache"),
    firmware: descendants(hardware, "Firmware").length > 0 ? "efi" : "bios",
    graphics: attribute(only(hardware, "Display"), "controller") as Hardware["graphics"],
    usb: descendants(hardware, "USB", "Controllers", "Controller").length > 0,
    adapter: attribute(adapter, "type") as Hardware["adapter"],
    cableConnected: flag(adapter, "cable"),
  };
}

/** The two settings that only the settings file of an imported machine tells. */
export function settingsFileFacts(text: string): Pick<Hardware, "osType" | "hostIoCache"> {
  const machine = only(parseXml(text), "Machine");
  const controller = only(machine, "Hardware", "StorageControllers", "StorageController");
  return {
    osType: attribute(machine, "OSType") as Hardware["osType"],
    hostIoCache: flag(controller, "useHostIOCache"),
  };
}
