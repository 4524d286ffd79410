import assert from "node:assert/strict";
import * as fs from "node:fs";

import { publish } from "../../ops/publish/publish";
import { versionKey } from "../../ops/publish/registryStore";
import { registryCommand } from "../../ops/registry";
import { retireVersions } from "../../ops/registry/retire";
import { smallBox } from "./smallBox";
import { registries, type TestRegistry } from "./registries";

const name = "acme/demo";

for (const [where, start] of registries) {
  describe(`npm run registry on ${where}`, function () {
    this.timeout(120_000);
    this.bail(true);

    let registry: TestRegistry;

    before(async () => {
      registry = await start();
      for (const version of ["1.0.0", "1.1.0", "1.2.0", "1.10.0"]) {
        await publish(registry.open(), await smallBox(registry.folder, name, version));
      }
    });
    after(() => registry?.stop());

    /** Does what the command does, so many hours later. */
    function run(args: readonly string[], laterHours = 0): Promise<string> {
      const now = new Date(Date.now() + laterHours * 3_600_000);
      return registryCommand([...args, ...registry.flags], now);
    }

    const done = (args: readonly string[], laterHours = 0): Promise<string> =>
      run([...args, "--box", name], laterHours);

    const listed = async (): Promise<string[]> =>
      ((await registry.open().readCatalog(name))?.versions ?? []).map(({ version }) => version);
    const files = async (): Promise<string[]> =>
      (await registry.open().listFiles()).map(({ key }) => key);

    it("lists the boxes of the place, and the versions of one", async () => {
      assert.equal(await run(["list"]), "box        current\nacme/demo  1.10.0\n");
      const versions = await done(["list"]);
      assert.match(
        versions,
        /^version +size +published +standing\n1\.10\.0 .* current\n1\.2\.0 .*\n1\.1\.0 .*\n1\.0\.0 /,
      );
    });

    it("withdraws the current version, on the page and for Vagrant's shorthand too", async () => {
      assert.equal(
        await done(["yank", "1.10.0"]),
        `registry: ${name}: withdrawn: 1.10.0\nregistry: ${name}: current: 1.2.0, until now 1.10.0\n`,
      );
      assert.deepEqual(await listed(), ["1.0.0", "1.1.0", "1.2.0"]);
      assert.match(await done(["list"]), /^1\.10\.0 .* withdrawn$/m);
      assert.ok((await files()).includes(`${name}/1.10.0/virtualbox-amd64.box`));
      assert.match(await registry.read(`${name}/index.html`), /Withdrawn<\/h2>\n<p>1\.10\.0</);
      for (const shorthand of registry.open().shorthandKeys(name)) {
        assert.equal(
          await registry.read(shorthand),
          await registry.read(`${name}/catalog.json`),
          shorthand,
        );
      }
    });

    it("restores it", async () => {
      assert.equal(
        await done(["restore", "1.10.0"]),
        `registry: ${name}: restored: 1.10.0\nregistry: ${name}: current: 1.10.0, until now 1.2.0\n`,
      );
    });

    it("rolls back to an older version", async () => {
      assert.match(
        await done(["rollback", "1.1.0"]),
        /withdrawn: 1\.2\.0, 1\.10\.0\n.*current: 1\.1\.0, until now 1\.10\.0\n$/,
      );
      assert.match(await done(["rollback", "1.1.0"]), /: nothing has changed\n$/);
      await done(["restore", "1.2.0"]);
      await done(["restore", "1.10.0"]);
    });

    it("pins and unpins", async () => {
      assert.match(await done(["pin", "1.1.0"]), /: pinned: 1\.1\.0\n$/);
      assert.match(await done(["pin", "1.0.0"]), /: pinned: 1\.0\.0\n$/);
      assert.match(await done(["unpin", "1.1.0"]), /: no longer pinned: 1\.1\.0\n$/);
      assert.match(await done(["list"]), /^1\.0\.0 .* pinned$/m);
    });

    it("says what a pruning would remove, and removes it when told to", async () => {
      const before = await files();
      assert.equal(
        await done(["prune", "--keep", "2"]),
        `registry: ${name}: would go: 1.1.0; --yes removes it\n`,
      );
      assert.deepEqual(await files(), before);
      assert.equal(
        await done(["prune", "--keep", "2", "--yes"]),
        `registry: ${name}: removed: 1.1.0\n`,
      );
      assert.deepEqual(await listed(), ["1.0.0", "1.2.0", "1.10.0"]);
      assert.ok(!(await files()).some((key) => key.startsWith(`${name}/1.1.0/`)));
      assert.match(
        await done(["prune", "--keep", "2", "--yes"]),
        /: there is nothing to remove\n$/,
      );
    });

    it("keeps what the settings say after a night, and tells what went", async () => {
      const retire = (keep?: number): Promise<string[]> =>
        retireVersions({ store: registry.open(), boxes: [name, "acme/never-made"], keep });
      assert.deepEqual(await retire(), []);
      assert.deepEqual(await retire(2), []);
      await publish(registry.open(), await smallBox(registry.folder, name, "1.11.0"));
      assert.deepEqual(await retire(2), ["old versions of acme/demo removed: 1.2.0"]);
      assert.deepEqual(await listed(), ["1.0.0", "1.10.0", "1.11.0"]);
    });

    it("removes a box that no catalog names once no build can be writing it", async () => {
      // A publication that was killed between box and catalog.
      const { boxes } = await smallBox(registry.folder, name, "2.0.0");
      const box = { ...boxes[0], name: "virtualbox-amd64.box" };
      const lost = { boxName: name, version: "2.0.0", recipe: "r", boxes: [box], documents: [] };
      await registry.open().addVersion(lost);
      assert.match(await done(["list"]), /^2\.0\.0 .* in no catalog$/m);
      assert.match(
        await done(["prune", "--yes"], 23),
        /2\.0\.0 is in no catalog, and stays for a day: a build may be writing it\n.*nothing to remove\n$/,
      );
      assert.equal(
        await done(["prune", "--yes"], 25),
        `registry: ${name}: removed: 2.0.0 (in no catalog)\n`,
      );
      assert.ok(!(await files()).some((key) => key.startsWith(versionKey(name, "2.0.0"))));
      assert.ok(!/2\.0\.0/.test(await done(["list"])));
    });

    it("never gives a number out again whose box is gone", async () => {
      for (const version of ["1.1.0", "2.0.0"]) {
        await assert.rejects(
          publish(
            registry.open(),
            await smallBox(fs.mkdtempSync(`${registry.folder}/`), name, version),
          ),
          new RegExp(`version ${version} of acme/demo was removed: use a later one`),
        );
        const [problem] = await registry
          .open()
          .checkVersion(name, version, version, ["virtualbox-amd64.box"]);
        assert.match(problem ?? "", /was removed from .*; choose another version/);
      }
    });

    it("names what there is when asked for what is not, and changes nothing", async () => {
      const before = await registry.open().readCatalog(name);
      await assert.rejects(done(["yank", "9.9.9"]), {
        message: "catalog: 9.9.9 is no version of acme/demo; it has: 1.0.0, 1.10.0, 1.11.0",
      });
      await assert.rejects(
        run(["rollback", "1.0.0", "--box", "acme/other"]),
        /^Error: acme\/other is no box in .*; there are: acme\/demo$/,
      );
      assert.deepEqual(await registry.open().readCatalog(name), before);
      assert.ok(!(await files()).some((key) => key.startsWith("acme/other")));
    });
  });
}
