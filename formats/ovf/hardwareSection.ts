import type { Hardware } from "./hardware";
import { element, leaf, type Lines } from "./xmlWriter";

/** The number a device has in `rasd:ResourceType` (CIM_ResourceAllocationSettingData.ResourceType). */
const resourceType = { cpu: 3, memory: 4, ethernet: 10, disk: 17, storage: 20, usb: 23 } as const;

/**
 * One hardware item. The schema (DMTF DSP8023 1.1, through CIM_ResourceAllocationSettingData) fixes
 * the order of the elements: that of the alphabet.
 */
function item(values: Readonly<Record<string, string | number | boolean>>): Lines {
  const names = Object.keys(values).sort();
  return element(
    "Item",
    {},
    names.map((name) => leaf(`rasd:${name}`, values[name] ?? "")),
  );
}

/** The standard description of the hardware (DMTF DSP0243, section 8): what any OVF reader sees. */
export function virtualHardware(hardware: Hardware): Lines {
  const usb = {
    Address: 0,
    ElementName: "usb",
    InstanceID: 6,
    ResourceType: resourceType.usb,
  };
  return element("VirtualHardwareSection", {}, [
    leaf("Info", "Hardware this machine needs"),
    element("System", {}, [
      leaf("vssd:ElementName", "Virtual Hardware Family"),
      leaf("vssd:InstanceID", 0),
      leaf("vssd:VirtualSystemIdentifier", hardware.name),
      leaf("vssd:VirtualSystemType", "virtualbox-2.2"),
    ]),
    item({
      ElementName: `${hardware.cpus} virtual CPU`,
      InstanceID: 1,
      ResourceType: resourceType.cpu,
      VirtualQuantity: hardware.cpus,
    }),
    item({
      AllocationUnits: "byte * 2^20",
      ElementName: `${hardware.memoryMiB} MiB of memory`,
      InstanceID: 2,
      ResourceType: resourceType.memory,
      VirtualQuantity: hardware.memoryMiB,
    }),
    item({
      Address: 0,
      ElementName: hardware.architecture === "arm64" ? "virtioSCSIController0" : "sataController0",
      InstanceID: 3,
      ResourceSubType: hardware.architecture === "arm64" ? "VirtioSCSI" : "AHCI",
      ResourceType: resourceType.storage,
    }),
    item({
      AddressOnParent: 0,
      ElementName: "disk1",
      HostResource: "ovf:/disk/vmdisk1",
      InstanceID: 4,
      Parent: 3,
      ResourceType: resourceType.disk,
    }),
    item({
      AutomaticAllocation: true,
      Connection: "NAT",
      ElementName: "Ethernet adapter on NAT",
      InstanceID: 5,
      // VirtualBox's reader knows one name for the whole Intel family; the exact card is in vbox:Machine.
      ResourceSubType: hardware.adapter.startsWith("8254") ? "E1000" : hardware.adapter,
      ResourceType: resourceType.ethernet,
    }),
    ...(hardware.usb ? [item(usb)] : []),
  ]);
}
