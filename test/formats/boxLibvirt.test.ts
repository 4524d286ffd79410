import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  boxSettings,
  buildBox,
  LIBVIRT_DISK_NAME,
  readBoxText,
  verifyBox,
} from "../../formats/box";
import { sampleBytes } from "./diskFixtures";

const MIB = 1 << 20;

/** Settings of a box for libvirt with more said. */
function settingsWith(more: Readonly<Record<string, unknown>> = {}) {
  return boxSettings({
    name: "acme/demo",
    version: "1.0.0",
    provider: "libvirt",
    epoch: 1700000000,
    hardware: { cpus: 3, memoryMiB: 1024 },
    ...more,
  });
}

describe("making a box for libvirt", () => {
  let folder: string;
  let disk: string;
  let sound: string;
  let built: Awaited<ReturnType<typeof buildBox>>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ami2box-libvirt-"));
    disk = join(folder, "disk.raw");
    writeFileSync(disk, sampleBytes(3 * MIB, 3));
    truncateSync(disk, 1100 * MIB);
    sound = join(folder, "libvirt-amd64.box");
    built = await buildBox({ disk, out: sound, settings: settingsWith() });
  });
  after(() => rmSync(folder, { recursive: true }));

  it("gives a sound box whose disk, read in place, is the raw disk", async () => {
    const report = await verifyBox(sound, { sha256: built.sha256 });
    assert.deepEqual(report.problems, []);
    assert.equal(report.disk?.capacity, 1100 * MIB);
    const inPlace = {
      driver: "qcow2",
      file: { driver: "raw", ...built.disk, file: { driver: "file", filename: sound } },
    };
    const raw = { driver: "raw", file: { driver: "file", filename: disk } };
    const images = [raw, inPlace].map((image) => `json:${JSON.stringify(image)}`);
    assert.match(execFileSync("qemu-img", ["compare", ...images]).toString(), /identical/);
    execFileSync("qemu-img", ["check", "-q", images[1] ?? ""]);
  });

  it("has the three files of the format's version 1, the size rounded up to GiB", async () => {
    const { box } = await verifyBox(sound, { everyGrain: false });
    assert.deepEqual(box?.members.map(({ name }) => name).sort(), [
      "Vagrantfile",
      LIBVIRT_DISK_NAME,
      "info.json",
      "metadata.json",
    ]);
    assert.deepEqual(box.metadata, {
      provider: "libvirt",
      architecture: "amd64",
      format: "qcow2",
      virtual_size: 2,
    });
  });

  it("asks for paravirtual devices, the machine's size and rsync in valid Ruby", async () => {
    const { box } = await verifyBox(sound, { everyGrain: false });
    const member = box?.members.find(({ name }) => name === "Vagrantfile");
    assert.ok(member);
    const text = await readBoxText(sound, member);
    for (const line of [
      'disk_bus = "virtio"',
      'nic_model_type = "virtio"',
      "cpus = 3",
      "memory = 1024",
    ]) {
      assert.ok(text.includes(`libvirt.${line}\n`), line);
    }
    assert.match(text, /synced_folder "\.", "\/vagrant", type: "rsync"/);
    assert.equal(execFileSync("ruby", ["-c"], { input: text }).toString(), "Syntax OK\n");
  });

  it("gives the same bytes on any number of threads", async () => {
    const again = join(folder, "again.box");
    await buildBox({ disk, out: again, settings: settingsWith({ threads: 2 }) });
    assert.ok(readFileSync(again).equals(readFileSync(sound)));
  });

  it("is found out when its metadata or its disk are not right", async () => {
    const damaged = join(folder, "damaged.box");
    const problemsAfter = async (from: string, to: string): Promise<readonly string[]> => {
      const bytes = readFileSync(sound);
      const at = bytes.indexOf(from);
      assert.ok(at >= 0 && from.length === to.length);
      bytes.write(to, at);
      writeFileSync(damaged, bytes);
      return (await verifyBox(damaged)).problems;
    };
    assert.deepEqual(await problemsAfter('"virtual_size": 2', '"virtual_size": 9'), [
      "metadata.json: virtual_size is 9, but the image has 2 GiB.",
    ]);
    assert.deepEqual(await problemsAfter('"format": "qcow2"', '"format": "qcow9"'), [
      'metadata.json: format is "qcow9", not "qcow2".',
    ]);
    assert.match((await problemsAfter("QFI", "QFX")).join(), /box\.img: .*not a qcow2 image/);
  });

  it("refuses a provider or an architecture that no box can be made for", () => {
    assert.throws(
      () => settingsWith({ provider: "hyperv", architecture: "i386" }),
      /provider is "hyperv", but must be virtualbox or libvirt.*\n.*architecture is "i386", but must be amd64 or arm64/,
    );
  });
});
