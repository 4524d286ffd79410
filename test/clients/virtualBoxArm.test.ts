import assert from "node:assert/strict";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { boxSettings, buildBox } from "../../formats/box";
import { makeClientsFolder, removeClientsFolder } from "./clientsFolder";
import { succeed } from "./commands";
import { realVirtualBox, VirtualBoxSession } from "./virtualBoxSession";

/** A VirtualBox for x86 reads machines for ARM, and registers them; only starting one it cannot. */
describe("a box for ARM, imported by the real VirtualBox", function () {
  this.timeout(120_000);
  let room: string;
  let session: VirtualBoxSession;

  before(async function () {
    const virtualBox = await realVirtualBox(this);
    room = await makeClientsFolder("arm");
    session = await VirtualBoxSession.open(virtualBox, room);
  });
  after(() => removeClientsFolder(room));

  it("becomes a machine for ARM with EFI and the disk on VirtIO SCSI", async () => {
    const disk = join(room, "disk.raw");
    writeFileSync(disk, "");
    truncateSync(disk, 40 << 20);
    const box = join(room, "demo.box");
    const named = { name: "acme/arm", version: "1.0.0", epoch: 0 };
    const settings = boxSettings({ ...named, architecture: "arm64" });
    await buildBox({ disk, out: box, settings });
    await succeed("tar", ["-x", "-f", box, "-C", room]);
    const descriptor = join(room, "box.ovf");
    assert.match(
      await session.manage(["import", "-n", descriptor]),
      /Suggested VM name "acme-arm"/,
    );
    await session.import(descriptor, "acme-arm");
    const shown = await session.machine("acme-arm");
    const file = await session.settingsFile(shown);
    for (const part of [
      /OSType="Debian_arm64"/,
      /<Platform architecture="ARM">/,
      /<Chipset type="ARMv8Virtual"\/>/,
      /<StorageController name="[^"]*" type="VirtioSCSI"/,
    ]) {
      assert.match(file, part);
    }
    assert.equal(shown.get("firmware"), "EFI");
    assert.equal(shown.get("cpus"), "2");
    assert.equal(shown.get("nictype1"), "virtio");
  });
});
