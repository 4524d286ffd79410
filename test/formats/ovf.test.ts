import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import {
  derivedMac,
  derivedUuid,
  nameUuid,
  osTypes,
  ovfDescriptor,
  readOvf,
  resolveHardware,
  type Hardware,
  type OsType,
  type OvfDisk,
} from "../../formats/ovf";
import { parseXml } from "../../formats/ovf/xmlReader";
import { InputError } from "../../formats/problems";

const disk: OvfDisk = {
  fileName: "box-disk001.vmdk",
  fileSize: 351234048,
  capacity: 42949672960,
  uuid: derivedUuid("seed", "disk"),
};
const plain = resolveHardware("bookworm", "seed", {});

/** The guest types of an architecture. */
function typesOf(architecture: Hardware["architecture"]): OsType[] {
  const isArm = architecture === "arm64";
  return (Object.keys(osTypes) as OsType[]).filter((type) => type.endsWith("_arm64") === isArm);
}

const anyHardware: fc.Arbitrary<Hardware> = fc.record({
  name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$/),
  architecture: fc.constant("amd64"),
  osType: fc.constantFrom(...typesOf("amd64")),
  cpus: fc.integer({ min: 1, max: 64 }),
  memoryMiB: fc.integer({ min: 64, max: 2097152 }),
  vramMiB: fc.integer({ min: 9, max: 256 }),
  ioApic: fc.constant(true),
  rtcUtc: fc.boolean(),
  pae: fc.boolean(),
  bootOrder: fc.uniqueArray(fc.constantFrom("disk", "dvd", "network", "floppy")),
  hostIoCache: fc.boolean(),
  firmware: fc.constantFrom("bios", "efi"),
  graphics: fc.constantFrom("VMSVGA", "VBoxVGA", "VBoxSVGA"),
  usb: fc.boolean(),
  adapter: fc.constantFrom("82540EM", "82543GC", "82545EM", "virtio", "Am79C973"),
  cableConnected: fc.boolean(),
  mac: fc.stringMatching(/^[0-9A-F][02468ACE][0-9A-F]{10}$/),
});

const anyArmHardware: fc.Arbitrary<Hardware> = fc
  .record({ hardware: anyHardware, osType: fc.constantFrom(...typesOf("arm64")) })
  .map(({ hardware, osType }) => ({
    ...hardware,
    osType,
    architecture: "arm64",
    firmware: "efi",
  }));

/** Validates against our own schema of what DSP0243 and VirtualBox fix; fails with xmllint's words. */
function validate(documents: readonly string[]): void {
  const schema = join(__dirname, "ovf.rng");
  for (const document of documents) {
    execFileSync("xmllint", ["--noout", "--nonet", "--relaxng", schema, "-"], {
      input: document,
      stdio: ["pipe", "pipe", "pipe"],
    });
  }
}

describe("OVF descriptor", () => {
  it("says the disk's size and capacity to the byte and names one UUID in both places", () => {
    const summary = readOvf(ovfDescriptor(plain, disk));
    assert.deepEqual(summary, {
      name: "bookworm",
      cpus: 2,
      memoryMiB: 2048,
      mac: derivedMac("seed"),
      attachedImages: [disk.uuid],
      disks: [disk],
    });
  });

  it("writes the machine of the settings in VirtualBox's own format", () => {
    const text = ovfDescriptor(
      resolveHardware("m", "seed", { bootOrder: ["dvd", "disk"], firmware: "efi", usb: true }),
      disk,
    );
    for (const line of [
      '<Order position="1" device="DVD"/>',
      '<Order position="2" device="HardDisk"/>',
      '<Order position="3" device="None"/>',
      '<Firmware type="EFI"/>',
      '<Controller name="OHCI" type="OHCI"/>',
      '<Display controller="VMSVGA" VRAMSize="16"/>',
      '<RTC localOrUTC="UTC"/>',
      '<PAE enabled="false"/>',
      '<AudioAdapter driver="Null" enabled="false"/>',
      `<Adapter slot="0" enabled="true" MACAddress="${derivedMac("seed")}" cable="true" type="82540EM">`,
      '<StorageController name="SATA" type="AHCI" PortCount="1" useHostIOCache="true" Bootable="true">',
    ]) {
      assert.ok(text.includes(line), `${line} is missing in\n${text}`);
    }
    assert.doesNotMatch(text, /UART/);
  });

  it("keeps the elements and their order that the standard fixes", () => {
    validate([
      ovfDescriptor(plain, disk),
      ...[anyHardware, anyArmHardware]
        .flatMap((hardware) => fc.sample(hardware, { numRuns: 8, seed: 1 }))
        .map((each) => ovfDescriptor(each, disk)),
    ]);
  });

  it("has its schema reject a descriptor with elements out of order", () => {
    const text = ovfDescriptor(plain, disk);
    const swapped = text.replace(/(<rasd:InstanceID>1<.*\n)(.*<rasd:ResourceType>.*\n)/, "$2$1");
    assert.notEqual(swapped, text);
    assert.throws(() => validate([swapped]), /ResourceType/);
  });

  it("reads back whatever hardware it was given", () => {
    fc.assert(
      fc.property(fc.oneof(anyHardware, anyArmHardware), (hardware) => {
        const summary = readOvf(ovfDescriptor(hardware, disk));
        assert.equal(summary.name, hardware.name);
        assert.equal(summary.cpus, hardware.cpus);
        assert.equal(summary.memoryMiB, hardware.memoryMiB);
        assert.equal(summary.mac, hardware.mac);
        assert.deepEqual(summary.attachedImages, [disk.uuid]);
      }),
      { numRuns: 50 },
    );
  });

  it("gives the same text for the same input and other identifiers for another seed", () => {
    assert.equal(ovfDescriptor(plain, disk), ovfDescriptor({ ...plain }, { ...disk }));
    assert.notEqual(derivedMac("a"), derivedMac("b"));
    assert.notEqual(derivedUuid("a", "disk"), derivedUuid("b", "disk"));
    assert.notEqual(derivedUuid("a", "disk"), derivedUuid("a", "machine"));
  });

  it("derives UUIDs as RFC 9562 does and addresses under VirtualBox's prefix", () => {
    assert.equal(
      nameUuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com"),
      "2ed6657d-e927-568b-95e1-2665a8aea6a2",
    );
    assert.match(derivedMac("any"), /^080027[0-9A-F]{6}$/);
  });

  it("reports every bad setting of hardware and disk at once", () => {
    const bad = { ...plain, name: "a/b", cpus: 0, vramMiB: 8 };
    assert.throws(
      () => ovfDescriptor(bad, { fileName: "d.vmdk", fileSize: 1.5, capacity: 513, uuid: "x" }),
      (error) => {
        assert.ok(error instanceof InputError);
        assert.equal(error.problems.length, 6);
        assert.match(error.message, /name is "a\/b", but must be 1 to 80 letters/);
        assert.match(
          error.message,
          /vramMiB is 8, but must be a whole number of MiB from 9 to 256/,
        );
        assert.match(error.message, /disk capacity is 513, but must be a multiple of 512/);
        return true;
      },
    );
  });

  it("writes a machine for ARM as VirtualBox 7.1 and later have it", () => {
    const text = ovfDescriptor(resolveHardware("m", "seed", { architecture: "arm64" }), disk);
    for (const line of [
      "<rasd:ResourceSubType>VirtioSCSI</rasd:ResourceSubType>",
      "<Description>Debian_arm64</Description>",
      '<Firmware type="EFI"/>',
      '<Platform architecture="ARM">',
      '<Chipset type="ARMv8Virtual"/>',
      '<CPU count="2"/>',
      '<HID Pointing="USBTablet" Keyboard="USBKeyboard"/>',
      '<Controller name="xHCI" type="XHCI"/>',
      `<Adapter slot="0" enabled="true" MACAddress="${derivedMac("seed")}" cable="true" type="virtio">`,
      '<StorageController name="VirtIO" type="VirtioSCSI" PortCount="1" useHostIOCache="true" Bootable="true">',
    ]) {
      assert.ok(text.includes(line), `${line} is missing in\n${text}`);
    }
    assert.match(text, /<vbox:Machine [^>]*version="1\.20-linux"/);
    assert.doesNotMatch(text, /PAE|IOAPIC|AHCI|BIOS/);
  });

  it("rejects a guest type or a firmware of another architecture", () => {
    assert.throws(
      () =>
        resolveHardware("m", "s", { architecture: "arm64", osType: "Debian_64", firmware: "bios" }),
      /osType is "Debian_64", but must be a type for the architecture "arm64"[^]*no BIOS for ARM/,
    );
    assert.throws(
      () => resolveHardware("m", "s", { osType: "Debian_arm64" }),
      /for the architecture/,
    );
  });

  it("rejects unknown settings, wrong types and processors without an I/O APIC", () => {
    const given = { ram: 1, memoryMiB: "2048", ioApic: false } as unknown as Partial<Hardware>;
    assert.throws(
      () => resolveHardware("m", "s", given),
      /ram is not a hardware setting[^]*memoryMiB is "2048"[^]*ioApic is false, but more than one/,
    );
  });
});

describe("OVF reader", () => {
  const text = ovfDescriptor(plain, disk);

  it("rejects text that is no well-formed XML and says where", () => {
    for (const damaged of [
      text.slice(0, -20),
      text.replace("</References>", ""),
      text.replace('ovf:id="file1"', "ovf:id=file1"),
      text.replace("A virtual machine", "A & B"),
      `${text}more`,
      "",
    ]) {
      assert.throws(() => readOvf(damaged), /not well-formed XML at character \d+/);
    }
  });

  it("rejects a disk without its file and a capacity that is no number of bytes", () => {
    assert.throws(() => readOvf(text.replace('fileRef="file1"', 'fileRef="f2"')), /no <File> has/);
    assert.throws(() => readOvf(text.replace('capacity="42949672960"', 'capacity="40G"')), /40G/);
    assert.throws(
      () => readOvf(text.replace('ovf:diskId="', 'ovf:capacityAllocationUnits="GB" ovf:diskId="')),
      /capacity is in "GB"/,
    );
  });

  it("understands character references, comments and both kinds of quotes", () => {
    const root = parseXml(
      "<?xml version='1.0'?><!-- x --><a b='&lt;&#65;&#x42;'>c &amp; d<e/></a>",
    );
    assert.deepEqual(root, {
      name: "a",
      attributes: { b: "<AB" },
      text: "c & d",
      children: [{ name: "e", attributes: {}, text: "", children: [] }],
    });
  });
});
