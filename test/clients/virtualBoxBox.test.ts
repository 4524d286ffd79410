import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Hardware } from "../../formats/ovf/hardware";
import { readOvf, type OvfSummary } from "../../formats/ovf/reader";
import { privateFolder, projectRoot } from "../../ops/setup/folders";
import { makeClientsFolder, removeClientsFolder } from "./clientsFolder";
import { succeed } from "./commands";
import {
  hardwareOfDescriptor,
  sameSettings,
  settingsFileFacts,
  shownHardware,
} from "./hardwareFacts";
import { boxToTest, type PublishedBox } from "./newestBox";
import { realVirtualBox, VirtualBoxSession } from "./virtualBoxSession";

/** What `npm run box` was last asked for, as it stands in its own stack file. */
interface AskedFor {
  readonly name: string;
  readonly version: string;
  readonly diskGiB: number;
  readonly hardware: Partial<Hardware>;
}

function askedFor(): AskedFor | undefined {
  try {
    const file = join(privateFolder(projectRoot()), "Pulumi.local.yaml");
    const { config } = parse(readFileSync(file, "utf8")) as {
      config: Record<string, AskedFor | undefined>;
    };
    return config["ami2box:box"];
  } catch {
    return undefined;
  }
}

describe("the box, imported by the real VirtualBox", function () {
  this.timeout(360_000);
  let room: string;
  let box: PublishedBox;
  let session: VirtualBoxSession;
  let descriptor: string;
  let summary: OvfSummary;
  const unpacked = (name: string): string => join(room, "box", name);
  const imported = new Map<string, string>();
  const importedDisk = (): string => imported.get("SATA-0-0") ?? "";

  before(async function () {
    const virtualBox = await realVirtualBox(this);
    box = await boxToTest(this);
    room = await makeClientsFolder("box");
    process.stderr.write(
      `    ${box.file}\n    VirtualBox ${virtualBox.version} (${virtualBox.origin})\n`,
    );
    session = await VirtualBoxSession.open(virtualBox, room);
    mkdirSync(join(room, "box"));
    await succeed("tar", ["-x", "-f", box.file, "-C", join(room, "box")]);
    descriptor = readFileSync(unpacked("box.ovf"), "utf8");
    summary = readOvf(descriptor);
  });
  after(() => removeClientsFolder(room));

  it("suggests a name for the machine, which Vagrant's own import asks for", async () => {
    const { name } = summary;
    const answer = await session.manage(["import", "-n", unpacked("box.ovf")]);
    assert.equal(/Suggested VM name "(.+?)"/.exec(answer)?.[1], name);
  });

  it("imports without a complaint", async () => {
    await session.import(unpacked("box.ovf"), "imported");
    for (const [setting, value] of await session.machine("imported")) imported.set(setting, value);
    assert.equal(imported.get("name"), "imported");
  });

  it("shows memory, processors, controller, address and all else as the descriptor says", async () => {
    const hardware = hardwareOfDescriptor(descriptor);
    const expected = shownHardware(hardware);
    assert.deepEqual(sameSettings(imported, expected), expected);
    const { osType, hostIoCache } = hardware;
    assert.deepEqual(settingsFileFacts(await session.settingsFile(imported)), {
      osType,
      hostIoCache,
    });
  });

  it("has the hardware and the disk size of the stack's settings", function () {
    const asked = askedFor();
    if (asked?.name !== box.name || asked.version !== box.version) {
      process.stderr.write(
        `    Skipped: the settings kept are those of ${asked?.name ?? "no box"} ${asked?.version ?? ""}, ` +
          `not of ${box.name} ${box.version}\n`,
      );
      return this.skip();
    }
    const hardware = hardwareOfDescriptor(descriptor);
    assert.deepEqual({ ...hardware, ...asked.hardware }, hardware);
    assert.deepEqual(
      summary.disks.map(({ capacity }) => capacity),
      [asked.diskGiB * 2 ** 30],
    );
  });

  it("shows one disk, of the size the descriptor says", async () => {
    const [disk, ...others] = summary.disks;
    assert.ok(disk !== undefined && others.length === 0);
    const shown = await session.disk(importedDisk());
    assert.equal(shown.get("Capacity"), `${Math.floor(disk.capacity / 2 ** 20)} MBytes`);
    const answer = await succeed("qemu-img", ["info", "--output=json", importedDisk()], {
      asRoot: true,
    });
    const { "virtual-size": capacity } = JSON.parse(answer) as { "virtual-size": number };
    assert.equal(capacity, disk.capacity);
  });

  it("reads from the disk what QEMU reads from it", async () => {
    const [disk] = summary.disks;
    const answer = await succeed(
      "qemu-img",
      ["compare", "-f", "vmdk", "-F", "vmdk", unpacked(disk?.fileName ?? ""), importedDisk()],
      { asRoot: true, seconds: 300 },
    );
    assert.match(answer, /^Images are identical\.$/m);
  });
});
