import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boxInfo, boxMetadata, boxVagrantfile, DISK_NAME, writeBox } from "../../formats/box";
import { catalogCommand } from "../../formats/cli/catalog";

describe("catalog in a folder, read by the real Vagrant", () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  const catalog = (): string => join(folder, "my out", "acme", "demo", "catalog.json");

  function vagrant(...args: string[]): string {
    return execFileSync("vagrant", args, { cwd: folder, env, stdio: "pipe" }).toString();
  }

  async function publish(version: string): Promise<string> {
    const box = join(folder, "my out", "acme", "demo", version, "virtualbox-amd64.box");
    mkdirSync(join(box, ".."), { recursive: true });
    await writeBox(box, {
      metadata: boxMetadata({ provider: "virtualbox", architecture: "amd64" }),
      info: boxInfo({ source: "a test", version }),
      vagrantfile: boxVagrantfile(['config.vm.base_mac = "080027123456"']),
      descriptor: (diskBytes) => `<Envelope size="${diskBytes}"/>\n`,
      diskName: DISK_NAME,
      writeDisk: async (sink) => {
        await sink.append(Buffer.alloc(4096, version));
        return "none";
      },
      epoch: 0,
    });
    await catalogCommand(
      Object.entries({ catalog: catalog(), name: "acme/demo", version, box }).map(
        ([flag, value]) => `--${flag}=${value}`,
      ),
    );
    return box;
  }

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "ami2box-vagrant-"));
    env = {
      ...process.env,
      VAGRANT_HOME: join(folder, "home"),
      VAGRANT_CHECKPOINT_DISABLE: "1",
    };
  });
  after(() => rmSync(folder, { recursive: true }));

  it("gives the box to `vagrant box add`, checksum checked and facts kept", async () => {
    await publish("1.9.0");
    vagrant("box", "add", "my out/acme/demo/catalog.json");
    const list = vagrant("box", "list", "-i");
    assert.match(list, /^acme\/demo \(virtualbox, 1\.9\.0\)$/m);
    assert.match(list, /- source: a test$/m);
  });

  it("tells `vagrant box outdated` of a second version, and keeps the first beside it", async () => {
    await publish("1.10.0-rc.1");
    await publish("1.10.0");
    assert.match(vagrant("box", "outdated", "--global"), /Current: 1\.9\.0\. Latest: 1\.10\.0$/m);
    vagrant("box", "add", "my out/acme/demo/catalog.json");
    assert.match(
      vagrant("box", "list"),
      /^acme\/demo \(virtualbox, 1\.9\.0\)\nacme\/demo \(virtualbox, 1\.10\.0\)$/m,
    );
  });

  it("makes Vagrant refuse a box that was changed after it was published", async () => {
    const box = await publish("2.0.0");
    const bytes = readFileSync(box);
    bytes.writeUInt8(bytes.readUInt8(3000) ^ 1, 3000);
    writeFileSync(box, bytes);
    const { status, stderr } = spawnSync(
      "vagrant",
      ["box", "add", "my out/acme/demo/catalog.json"],
      { cwd: folder, env },
    );
    assert.notEqual(status, 0);
    assert.match(stderr.toString(), /checksum of the downloaded box did not match/i);
  });
});
