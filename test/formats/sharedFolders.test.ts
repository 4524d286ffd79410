import assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import {
  boxInfo,
  boxMetadata,
  boxVagrantfile,
  DISK_NAME,
  sharedFolderLines,
  writeBox,
  type GuestAdditions,
} from "../../formats/box";
import { catalogCommand } from "../../formats/cli/catalog";
import { Vagrant, type MachineSettings } from "../support/vagrant";

describe("shared folders in the box's Vagrantfile, read by the real Vagrant", () => {
  let folder: string;
  let vagrant: Vagrant;

  before(() => {
    folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-shared-"));
    vagrant = new Vagrant();
  });
  after(() => {
    vagrant.remove();
    fs.rmSync(folder, { recursive: true });
  });

  /** What Vagrant makes of a box with these additions, and of a user's own lines. */
  async function settingsWith(
    additions: GuestAdditions,
    ownLines: readonly string[] = [],
  ): Promise<MachineSettings> {
    const name = `acme/${additions}`;
    const catalog = path.join(folder, additions, "catalog.json");
    if (!fs.existsSync(catalog)) {
      const box = path.join(folder, additions, "1.0.0", "virtualbox-amd64.box");
      fs.mkdirSync(path.dirname(box), { recursive: true });
      await writeBox(box, {
        metadata: boxMetadata({ provider: "virtualbox", architecture: "amd64" }),
        info: boxInfo({}),
        vagrantfile: boxVagrantfile([
          'config.vm.base_mac = "080027123456"',
          ...sharedFolderLines(additions),
        ]),
        descriptor: () => "<Envelope/>\n",
        diskName: DISK_NAME,
        writeDisk: async (sink) => {
          await sink.append(Buffer.alloc(4096));
          return "none";
        },
        epoch: 0,
      });
      const flags = { catalog, name, version: "1.0.0", box };
      await catalogCommand(Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`));
      vagrant.run(["box", "add", catalog]);
    }
    return vagrant.settingsOf(vagrant.environment(name, "1.0.0", ownLines));
  }

  it("asks for no other version of the kernel's own modules, and uses them", async () => {
    const settings = await settingsWith("in-tree");
    assert.equal(settings.checkGuestAdditions, false);
    assert.equal(settings.functionalVboxsf, true);
    assert.equal(settings.syncedFolders["/vagrant"]?.type, undefined);
    assert.equal(settings.baseMac, "080027123456");
  });

  it("leaves everything to Vagrant with VirtualBox's own modules", async () => {
    const settings = await settingsWith("oracle");
    assert.equal(settings.checkGuestAdditions, true);
    assert.equal(settings.functionalVboxsf, true);
  });

  it("copies the project with rsync where there are no modules", async () => {
    const settings = await settingsWith("none");
    assert.equal(settings.checkGuestAdditions, false);
    assert.equal(settings.functionalVboxsf, false);
    assert.deepEqual(settings.syncedFolders["/vagrant"]?.type, "rsync");
  });

  it("gives way to the user's own Vagrantfile", async () => {
    const own = ['c.vm.synced_folder ".", "/vagrant", disabled: true'];
    const settings = await settingsWith("none", own);
    assert.equal(settings.syncedFolders["/vagrant"]?.disabled, true);
  });
});
