import assert from "node:assert/strict";
import { randomFillSync } from "node:crypto";
import { closeSync, mkdirSync, openSync, ftruncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { boxSettings, buildBox } from "../../formats/box";
import type { Hardware } from "../../formats/ovf/hardware";
import type { VirtualBox } from "../../ops/setup/virtualBox";
import { makeClientsFolder, removeClientsFolder } from "./clientsFolder";
import { succeed } from "./commands";
import { sameSettings, settingsFileFacts, shownHardware } from "./hardwareFacts";
import { realVirtualBox, VirtualBoxSession } from "./virtualBoxSession";

/** One machine for each network card; between them every setting differs from its default. */
const MACHINES: readonly Partial<Hardware>[] = [
  {
    name: "all-different",
    osType: "Oracle_64",
    cpus: 1,
    memoryMiB: 64,
    vramMiB: 9,
    ioApic: false,
    rtcUtc: false,
    pae: true,
    bootOrder: ["network", "disk", "dvd", "floppy"],
    hostIoCache: false,
    firmware: "efi",
    graphics: "VBoxVGA",
    usb: true,
    adapter: "virtio",
    cableConnected: false,
    mac: "020000AABBCC",
  },
  {
    name: "the-most",
    osType: "Fedora_64",
    cpus: 64,
    memoryMiB: 2097152,
    vramMiB: 256,
    bootOrder: [],
    graphics: "VBoxSVGA",
    adapter: "82545EM",
    mac: "FEFFFFFFFFFF",
  },
  { name: "Dots.and_more-0", osType: "OpenSUSE_64", adapter: "82543GC", bootOrder: ["dvd"] },
  { name: "0", osType: "Ubuntu_64", adapter: "Am79C973", cpus: 3, memoryMiB: 4095 },
  { name: "other-linux", osType: "Linux26_64", adapter: "82540EM", usb: true },
];

/** 40 MiB and one sector: no whole number of VMDK grains, nor of MiB. */
const DISK_BYTES = (40 << 20) + 512;

/** Writes a sparse disk with data at both ends, in a lone sector, and over a megabyte in a row. */
function writeDisk(path: string): void {
  const file = openSync(path, "wx");
  const noise = randomFillSync(Buffer.alloc(1_234_432));
  ftruncateSync(file, DISK_BYTES);
  writeSync(file, noise, 0, 512, 0);
  writeSync(file, noise, 0, 512, 7 << 20);
  writeSync(file, noise, 0, noise.length, (20 << 20) + 512);
  writeSync(file, noise, 512, 512, DISK_BYTES - 512);
  closeSync(file);
}

describe("unusual hardware, imported by the real VirtualBox", function () {
  this.timeout(120_000);
  let virtualBox: VirtualBox;
  let room: string;
  let disk: string;
  let session: VirtualBoxSession;

  async function buildAndUnpack(hardware: Partial<Hardware>): Promise<[Hardware, string]> {
    const folder = join(room, `box of ${hardware.name}`);
    mkdirSync(folder);
    const settings = boxSettings({
      name: "acme/demo",
      version: "1.0.0",
      epoch: 0,
      seed: `a test of ${hardware.name}`,
      hardware,
    });
    const box = join(folder, "demo.box");
    await buildBox({ disk, out: box, settings });
    await succeed("tar", ["-x", "-f", box, "-C", folder]);
    return [settings.hardware, join(folder, "box.ovf")];
  }

  before(async function () {
    virtualBox = await realVirtualBox(this);
    room = await makeClientsFolder("hardware");
    session = await VirtualBoxSession.open(virtualBox, room);
    disk = join(room, "disk.raw");
    writeDisk(disk);
  });
  after(() => removeClientsFolder(room));

  for (const given of MACHINES) {
    it(`shows every setting of ${given.name} as given`, async () => {
      const [hardware, descriptor] = await buildAndUnpack(given);
      await session.import(descriptor, hardware.name);
      const shown = await session.machine(hardware.name);
      const expected = shownHardware(hardware);
      assert.deepEqual(sameSettings(shown, expected), expected);
      const { osType, hostIoCache } = hardware;
      assert.deepEqual(settingsFileFacts(await session.settingsFile(shown)), {
        osType,
        hostIoCache,
      });
    });
  }

  it("imports the way Vagrant does, and finds the raw disk's bytes in the machine's disk", async () => {
    const [hardware, descriptor] = await buildAndUnpack({ name: "vagrant-way" });
    // What follows is `import` of Vagrant's VirtualBox driver, patterns included.
    const answer = await session.manage(["import", "-n", descriptor]);
    const suggested = /Suggested VM name "(.+?)"/.exec(answer)?.[1];
    assert.equal(suggested, hardware.name);
    const settingsFile = /Suggested VM settings file name "(.+?)"/.exec(answer)?.[1] ?? "";
    assert.equal(settingsFile, join(room, `machines/${suggested}/${suggested}.vbox`));
    const disks = [
      ...answer.matchAll(/(\d+): Hard disk image: source image=.+, target path=(.+),/g),
    ];
    assert.equal(disks.length, 1);
    const [, unit = "", target = ""] = disks[0] ?? [];
    const imported = join(room, "machines/demo_1_2", target);
    await session.importWith(descriptor, [
      ...["--vsys", "0", "--vmname", "demo_1_2"],
      ...["--vsys", "0", "--unit", unit, "--disk", imported],
    ]);
    assert.equal((await session.machine("demo_1_2")).get("SATA-0-0"), imported);

    const raw = join(room, "as VirtualBox reads it.raw");
    await session.writeRaw(imported, raw);
    await succeed("cmp", [disk, raw], { asRoot: true });
    // Not strictly: VirtualBox rounds the size in its own image's header up to a whole grain.
    await succeed("qemu-img", ["compare", "-f", "raw", "-F", "vmdk", disk, imported], {
      asRoot: true,
    });
  });
});
