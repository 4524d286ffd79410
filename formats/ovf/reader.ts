import { descendants, localName, parseXml, type XmlElement } from "./xmlReader";

/** What a descriptor says of its machine. */
export interface OvfSummary {
  /** Name VirtualBox suggests on import (`ovf:id` of the virtual system). */
  readonly name: string;
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly disks: readonly OvfDiskSummary[];
  /** UUIDs of the images attached in `vbox:Machine`, lower case, without braces. */
  readonly attachedImages: readonly string[];
  /** Address of the first network card in `vbox:Machine`, if there is one. */
  readonly mac?: string;
}

/** A disk and the file it is in. */
export interface OvfDiskSummary {
  readonly fileName: string;
  /** Bytes the descriptor says the file has, if it says so. */
  readonly fileSize?: number;
  /** Bytes of the disk the guest sees. */
  readonly capacity: number;
  /** `vbox:uuid`, lower case, if there is one. */
  readonly uuid?: string;
}

function attribute(element: XmlElement, name: string): string | undefined {
  return Object.entries(element.attributes).find(([key]) => localName(key) === name)?.[1];
}

function required(element: XmlElement, name: string): string {
  const value = attribute(element, name);
  if (value === undefined) throw new SyntaxError(`<${element.name}> has no attribute ${name}`);
  return value;
}

function byteCount(text: string, what: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new SyntaxError(`${what} is "${text}", but must be a whole number of bytes`);
  }
  return value;
}

function readDisk(disk: XmlElement, files: readonly XmlElement[]): OvfDiskSummary {
  const reference = required(disk, "fileRef");
  const file = files.find((candidate) => attribute(candidate, "id") === reference);
  if (file === undefined) throw new SyntaxError(`no <File> has the id "${reference}"`);
  const units = attribute(disk, "capacityAllocationUnits") ?? "byte";
  if (units !== "byte") throw new SyntaxError(`the disk's capacity is in "${units}", not in bytes`);
  const size = attribute(file, "size");
  const uuid = attribute(disk, "uuid")?.toLowerCase();
  return {
    fileName: required(file, "href"),
    ...(size === undefined ? {} : { fileSize: byteCount(size, "the file's size") }),
    capacity: byteCount(required(disk, "capacity"), "the disk's capacity"),
    ...(uuid === undefined ? {} : { uuid }),
  };
}

function quantity(items: readonly XmlElement[], type: number): number {
  const textOf = (item: XmlElement, name: string): string =>
    descendants(item, name)[0]?.text.trim() ?? "";
  const found = items.find((item) => textOf(item, "ResourceType") === String(type));
  return Number(found === undefined ? 0 : textOf(found, "VirtualQuantity"));
}

/**
 * Reads an OVF descriptor (DMTF DSP0243 1.1.0) of one machine, as far as a box needs it.
 *
 * @throws SyntaxError if it is no well-formed descriptor of one virtual system, or a disk's file,
 *   size or capacity cannot be read
 */
export function readOvf(text: string): OvfSummary {
  const envelope = parseXml(text);
  if (localName(envelope.name) !== "Envelope") {
    throw new SyntaxError(`the root element is <${envelope.name}>, but must be <Envelope>`);
  }
  const systems = descendants(envelope, "VirtualSystem");
  const system = systems[0];
  if (system === undefined || systems.length > 1) {
    throw new SyntaxError(`there are ${systems.length} virtual systems where there must be one`);
  }
  const files = descendants(envelope, "References", "File");
  const items = descendants(system, "VirtualHardwareSection", "Item");
  const machine = descendants(system, "Machine");
  const controllers = machine.flatMap((each) => [
    ...descendants(each, "StorageControllers", "StorageController"),
    ...descendants(each, "Hardware", "StorageControllers", "StorageController"),
  ]);
  const images = controllers.flatMap((each) => descendants(each, "AttachedDevice", "Image"));
  const adapters = machine.flatMap((each) => descendants(each, "Hardware", "Network", "Adapter"));
  const first = adapters.find((adapter) => attribute(adapter, "slot") === "0");
  const mac = first && attribute(first, "MACAddress");
  return {
    name: required(system, "id"),
    cpus: quantity(items, 3),
    memoryMiB: quantity(items, 4),
    disks: descendants(envelope, "DiskSection", "Disk").map((disk) => readDisk(disk, files)),
    attachedImages: images.map((image) =>
      required(image, "uuid").replace(/[{}]/g, "").toLowerCase(),
    ),
    ...(mac === undefined ? {} : { mac }),
  };
}
