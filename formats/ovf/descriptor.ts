import { throwIfAny } from "../problems";
import { diskProblems, type OvfDisk } from "./disk";
import { hardwareProblems, type Hardware } from "./hardware";
import { virtualHardware } from "./hardwareSection";
import { osTypes } from "./osTypes";
import { virtualBoxMachine } from "./virtualBoxMachine";
import { element, leaf, type Lines } from "./xmlWriter";

const STREAM_OPTIMIZED =
  "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized";

const NAMESPACES = {
  xmlns: "http://schemas.dmtf.org/ovf/envelope/1",
  "xmlns:ovf": "http://schemas.dmtf.org/ovf/envelope/1",
  "xmlns:rasd":
    "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData",
  "xmlns:vssd": "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData",
  "xmlns:vbox": "http://www.virtualbox.org/ovf/machine",
};

function references(disk: OvfDisk): Lines[] {
  return [
    element("References", {}, [
      element(
        "File",
        { "ovf:href": disk.fileName, "ovf:id": "file1", "ovf:size": disk.fileSize },
        [],
      ),
    ]),
    element("DiskSection", {}, [
      leaf("Info", "Virtual disks of this machine"),
      element(
        "Disk",
        {
          "ovf:capacity": disk.capacity,
          "ovf:diskId": "vmdisk1",
          "ovf:fileRef": "file1",
          "ovf:format": STREAM_OPTIMIZED,
          "vbox:uuid": disk.uuid,
        },
        [],
      ),
    ]),
    element("NetworkSection", {}, [
      leaf("Info", "Networks this machine is attached to"),
      element("Network", { "ovf:name": "NAT" }, [
        leaf("Description", "Address translation by the host"),
      ]),
    ]),
  ];
}

/**
 * The OVF descriptor of a machine with one disk (DMTF DSP0243 1.1.0), as VirtualBox imports it.
 *
 * Besides the standard sections it holds `vbox:Machine`, a machine in VirtualBox's own settings
 * format: only there can firmware, video memory, boot order, clock and host cache be said. VirtualBox
 * looks up the disk of that machine by UUID among the `vbox:uuid` of the standard disks, so both are
 * written from `disk.uuid`. The same input always gives the same text: there is no clock and nothing
 * random in it.
 *
 * @returns UTF-8 XML ending in a newline
 * @throws InputError with every problem of both arguments
 */
export function ovfDescriptor(hardware: Hardware, disk: OvfDisk): string {
  throwIfAny("OVF descriptor", [...hardwareProblems({ ...hardware }), ...diskProblems(disk)]);
  const osSection = element("OperatingSystemSection", { "ovf:id": osTypes[hardware.osType] }, [
    leaf("Info", "Guest operating system"),
    leaf("Description", hardware.osType),
    [`<vbox:OSType ovf:required="false">${hardware.osType}</vbox:OSType>`],
  ]);
  const envelope = element("Envelope", { ...NAMESPACES, "xml:lang": "en-US" }, [
    ...references(disk),
    element("VirtualSystem", { "ovf:id": hardware.name }, [
      leaf("Info", "A virtual machine"),
      osSection,
      virtualHardware(hardware),
      virtualBoxMachine(hardware, disk),
    ]),
  ]);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${envelope.join("\n")}\n`;
}
