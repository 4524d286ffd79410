import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { installStandIn, pluginFolder, standIns, standInVersion } from "../../providers/install";

describe("installation of stand-ins", function () {
  this.timeout(30_000);
  let home: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "ami2box-home-"));
  });
  afterEach(() => {
    rmSync(home, { recursive: true, force: true });
  });

  it("has the version of the npm package of the same name", () => {
    assert.match(standInVersion("command"), /^\d+\.\d+\.\d+$/);
    assert.match(standInVersion("random"), /^\d+\.\d+\.\d+$/);
  });

  for (const name of standIns) {
    it(`puts a plugin into the cache that starts and tells its port (${name})`, async () => {
      const { folder, outcome } = await installStandIn(name, home);
      assert.equal(outcome, "installed");
      assert.equal(folder, join(home, `plugins/resource-${name}-v${standInVersion(name)}`));
      const plugin = spawn(join(folder, `pulumi-resource-${name}`), ["127.0.0.1:1"]);
      const [line] = (await once(plugin.stdout, "data")) as [Buffer];
      plugin.kill("SIGINT");
      const [code] = (await once(plugin, "exit")) as [number];
      assert.match(String(line), /^\d+\n$/);
      assert.equal(code, 0);
    });
  }

  it("does nothing the second time", async () => {
    const { folder } = await installStandIn("random", home);
    const before = statSync(join(folder, "provider.js"));
    assert.equal((await installStandIn("random", home)).outcome, "unchanged");
    assert.equal(statSync(join(folder, "provider.js")).ino, before.ino);
  });

  it("replaces one that was built from other sources, and leaves nothing else behind", async () => {
    const folder = pluginFolder("random", home);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "stand-in.json"), '{"standInFor":"random","sources":"old"}');
    writeFileSync(join(folder, "old"), "");
    assert.equal((await installStandIn("random", home)).outcome, "installed");
    assert.deepEqual(readdirSync(folder).sort(), [
      "provider.js",
      "pulumi-resource-random",
      "stand-in.json",
    ]);
    assert.equal(readdirSync(dirname(folder)).length, 1);
  });

  it("leaves the official plugin alone", async () => {
    const folder = pluginFolder("random", home);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "pulumi-resource-random"), "official");
    assert.equal((await installStandIn("random", home)).outcome, "official");
    assert.equal(readFileSync(join(folder, "pulumi-resource-random"), "utf8"), "official");
  });

  it("takes the place of an official plugin whose download was interrupted", async () => {
    const folder = pluginFolder("random", home);
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}.partial`, "");
    assert.equal((await installStandIn("random", home)).outcome, "installed");
    assert.deepEqual(readdirSync(dirname(folder)), [folder.slice(dirname(folder).length + 1)]);
  });
});
