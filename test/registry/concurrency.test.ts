import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as path from "node:path";

import { boxFileName, type RegistryStore } from "../../ops/publish/registryStore";
import { publish, type Publication } from "../../ops/publish/publish";
import { planPruning, prune } from "../../ops/registry/prune";
import { outcomeOf, type CommandOutcome } from "../support/projectCopy";
import { projectDirectory } from "../support/stageRun";
import { registries, type TestRegistry } from "./registries";
import { smallBox } from "./smallBox";

const name = "acme/demo";
const box = boxFileName("virtualbox", "amd64");

/** What publications do to each other, and to themselves when they are killed, as processes of their own. */
for (const [where, start] of registries) {
  describe(`a registry in ${where} that several publish in`, function () {
    this.timeout(120_000);

    let registry: TestRegistry;
    let made: Record<string, Publication>;

    beforeEach(async () => {
      registry = await start();
      made = {};
      for (const version of ["1.0.0", "1.1.0", "1.2.0", "1.3.0"]) {
        made[version] = await smallBox(registry.folder, name, version);
      }
    });
    afterEach(() => registry?.stop());

    /** Publishes as the stage does, in a process of its own. */
    function publishApart(version: string, nodeOptions = ""): Promise<CommandOutcome> {
      const { boxes, provenance } = made[version]!;
      return outcomeOf(
        spawn(process.execPath, ["-r", "ts-node/register/transpile-only", "ops/publish/cli.ts"], {
          cwd: projectDirectory,
          stdio: ["ignore", "pipe", "pipe"],
          env: {
            ...process.env,
            ...registry.variables,
            NODE_OPTIONS: nodeOptions,
            BOXES: JSON.stringify(boxes),
            BOX_NAME: name,
            BOX_VERSION: version,
            PROVENANCE: JSON.stringify(provenance),
          },
        }),
      );
    }

    const dying = `--require ${path.join(projectDirectory, "test/registry/killBeforeCatalog.js")}`;
    const listed = async (): Promise<string[]> =>
      ((await registry.open().readCatalog(name))?.versions ?? []).map(({ version }) => version);
    const keys = async (): Promise<string[]> =>
      (await registry.open().listFiles(name)).map(({ key }) => key);

    it("lists the versions of all builds that finish at once, on its page too", async () => {
      const outcomes = await Promise.all(Object.keys(made).map((version) => publishApart(version)));
      for (const { status, stderr } of outcomes) assert.equal(status, 0, stderr);
      assert.deepEqual(await listed(), Object.keys(made));
      const catalog = await registry.read(`${name}/catalog.json`);
      const page = await registry.read(`${name}/index.html`);
      for (const version of Object.keys(made)) assert.ok(page.includes(`>${version} <`), version);
      for (const key of registry.open().shorthandKeys(name)) {
        assert.equal(await registry.read(key), catalog, key);
      }
    });

    it("tells nobody of a box whose build was killed before the catalog, and adopts it later", async () => {
      assert.equal((await publishApart("1.0.0")).status, 0);
      const { status } = await publishApart("1.1.0", dying);
      assert.equal(status, null, "it was not killed");
      assert.deepEqual(await listed(), ["1.0.0"]);
      assert.ok((await keys()).includes(`${name}/1.1.0/${box}`));
      const before = await stampOf(`${name}/1.1.0/${box}`);
      assert.equal((await publishApart("1.1.0")).status, 0);
      assert.deepEqual(await listed(), ["1.0.0", "1.1.0"]);
      assert.equal(await stampOf(`${name}/1.1.0/${box}`), before, "the box was stored again");
    });

    it("sweeps such a box after a day, when nobody adopts it", async () => {
      assert.equal((await publishApart("1.0.0", dying)).status, null);
      const tomorrow = new Date(Date.now() + 25 * 3_600_000);
      assert.deepEqual((await prune(registry.open(), name, { now: new Date() })).orphans, []);
      const { orphans } = await prune(registry.open(), name, { now: tomorrow });
      assert.deepEqual(
        orphans.map(({ version }) => version),
        ["1.0.0"],
      );
      assert.ok(!(await keys()).some((key) => key.startsWith(`${name}/1.0.0/`)));
      // The first version that is published describes the box, though a catalog is there.
      await publish(registry.open(), made["1.1.0"]!);
      assert.equal((await registry.open().readCatalog(name))?.description, "A demo");
    });

    describe("and somebody prunes", () => {
      const now = new Date(Date.now() + 25 * 3_600_000);

      beforeEach(async () => {
        await publish(registry.open(), made["1.0.0"]!);
        assert.equal((await publishApart("1.1.0", dying)).status, null);
      });

      it("keeps a box that a build adopts in between", async () => {
        const store = beforeCatalog(registry.open(), () =>
          publish(registry.open(), made["1.1.0"]!),
        );
        assert.equal((await planPruning(store, name, { now })).orphans.length, 1);
        assert.deepEqual((await prune(store, name, { now })).orphans, []);
        assert.deepEqual(await listed(), ["1.0.0", "1.1.0"]);
        assert.ok((await keys()).includes(`${name}/1.1.0/${box}`));
      });

      it("lets no build list a box that goes in between", async () => {
        const store = beforeCatalog(registry.open(), () => prune(registry.open(), name, { now }));
        await assert.rejects(publish(store, made["1.1.0"]!), /version 1\.1\.0 .* was removed/);
        assert.deepEqual(await listed(), ["1.0.0"]);
      });
    });

    /** When a file was stored: to the second in S3, for which a second write must be later. */
    async function stampOf(key: string): Promise<number> {
      const file = (await registry.open().listFiles(name)).find((each) => each.key === key);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return file?.modified.getTime() ?? NaN;
    }
  });
}

/** A store before whose first change of a catalog something else happens. */
function beforeCatalog(store: RegistryStore, happens: () => Promise<unknown>): RegistryStore {
  const wrapped = Object.create(store) as RegistryStore;
  let pending: (() => Promise<unknown>) | undefined = happens;
  wrapped.updateCatalog = async (...args) => {
    const first = pending;
    pending = undefined;
    await first?.();
    return store.updateCatalog(...args);
  };
  return wrapped;
}
