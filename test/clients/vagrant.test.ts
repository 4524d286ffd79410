import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readBox, readBoxText, type Box } from "../../formats/box";
import { readOvf } from "../../formats/ovf/reader";
import { makeClientsFolder, removeClientsFolder } from "./clientsFolder";
import { succeed } from "./commands";
import { boxToTest, type PublishedBox } from "./newestBox";

describe("the box, added by the real Vagrant", function () {
  this.timeout(300_000);
  let folder: string;
  let published: PublishedBox;
  let box: Box;
  let added: string;

  function vagrant(...args: string[]): Promise<string> {
    return succeed("vagrant", args, {
      cwd: folder,
      seconds: 240,
      env: {
        ...process.env,
        VAGRANT_HOME: join(folder, "home"),
        VAGRANT_CWD: folder,
        VAGRANT_CHECKPOINT_DISABLE: "1",
        VAGRANT_NO_COLOR: "1",
      },
    });
  }

  async function textInBox(name: string): Promise<string> {
    const member = box.members.find((each) => each.name === name);
    assert.ok(member !== undefined, `the box has no ${name}`);
    return readBoxText(published.file, member);
  }

  before(async function () {
    published = await boxToTest(this);
    box = await readBox(published.file);
    folder = await makeClientsFolder("vagrant");
    const { name, version } = published;
    const stored = name.replaceAll("/", "-VAGRANTSLASH-");
    added = join(folder, "home", "boxes", stored, version, "virtualbox");
  });
  after(() => removeClientsFolder(folder));

  it("adds from the catalog, the checksum verified", async () => {
    const answer = await vagrant(
      ...["box", "add", published.catalog],
      ...["--box-version", published.version, "--provider", "virtualbox"],
    );
    assert.match(answer, /Calculating and comparing box checksum/);
    assert.match(answer, /Successfully added box/);
  });

  it("unpacks every file of the box whole", () => {
    const sizes = Object.fromEntries(
      readdirSync(added).map((name) => [name, statSync(join(added, name)).size]),
    );
    assert.deepEqual(sizes, Object.fromEntries(box.members.map(({ name, size }) => [name, size])));
  });

  it("lists the box with its provider, its version and where it came from", async () => {
    const list = await vagrant("box", "list", "-i");
    const lines = list.trimEnd().split("\n");
    assert.equal(lines[0], `${published.name} (virtualbox, ${published.version})`);
    const info = JSON.parse(await textInBox("info.json")) as Record<string, unknown>;
    assert.ok("source" in info && "recipe" in info, "info.json tells no source or recipe");
    for (const [fact, value] of Object.entries(info)) {
      assert.ok(lines.includes(`  - ${fact}: ${String(value)}`), `no ${fact} in:\n${list}`);
    }
  });

  it("holds a Vagrantfile that Ruby can parse, with the address the descriptor gives", async () => {
    const file = join(added, "Vagrantfile");
    assert.equal((await succeed("ruby", ["-c", file])).trim(), "Syntax OK");
    const { mac } = readOvf(await textInBox("box.ovf"));
    assert.match(readFileSync(file, "utf8"), new RegExp(`config\\.vm\\.base_mac = "${mac}"`));
  });

  it("loads the Vagrantfile in the box with that of a project, and finds both valid", async () => {
    writeFileSync(
      join(folder, "Vagrantfile"),
      [
        'Vagrant.configure("2") do |config|',
        `  config.vm.box = "${published.name}"`,
        `  config.vm.box_version = "${published.version}"`,
        "end",
        "",
      ].join("\n"),
    );
    assert.match(await vagrant("validate", "--ignore-provider"), /validated successfully/);
  });
});
