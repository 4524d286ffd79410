import assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { CreateBucketCommand, PutBucketPolicyCommand, S3Client } from "@aws-sdk/client-s3";

import { BucketStore } from "../../ops/publish/bucketStore";
import { FolderStore } from "../../ops/publish/folderStore";
import { publish } from "../../ops/publish/publish";
import type { RegistryStore } from "../../ops/publish/registryStore";
import { changeStanding } from "../../ops/registry/changeStanding";
import { rollBack } from "../../ops/registry/standing";
import { MotoServer } from "../support/moto";
import { Vagrant } from "../support/vagrant";
import { WebServer } from "../support/webServer";
import { smallBox } from "./smallBox";

const name = "acme/demo";

/** A registry that is up, and how to take it down. */
interface Registry {
  readonly store: RegistryStore;
  /** What VAGRANT_SERVER_URL is set to. */
  readonly serverUrl: string;
  readonly stop: () => Promise<void>;
}

async function folderRegistry(folder: string): Promise<Registry> {
  const root = path.join(folder, "out");
  fs.mkdirSync(root);
  const web = await WebServer.start(root);
  return {
    store: new FolderStore(root, web.url),
    serverUrl: web.url,
    stop: () => web.stop(),
  };
}

/** What a bucket of public boxes needs; moto takes HEAD for an action of its own, which AWS does not know. */
const readableByAll = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: "*",
      Action: ["s3:GetObject", "s3:HeadObject"],
      Resource: "arn:aws:s3:::boxes/*",
    },
  ],
});

async function bucketRegistry(): Promise<Registry> {
  const moto = await MotoServer.start();
  const before = { ...process.env };
  Object.assign(process.env, moto.variables);
  const client = new S3Client(moto.clientSettings);
  const place = { bucket: "boxes", prefix: "vagrant", region: "eu-west-1" };
  await client.send(
    new CreateBucketCommand({
      Bucket: place.bucket,
      CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
    }),
  );
  await client.send(new PutBucketPolicyCommand({ Bucket: place.bucket, Policy: readableByAll }));
  return {
    store: new BucketStore(place),
    serverUrl: `${moto.url}/boxes/vagrant`,
    stop: async () => {
      for (const key of Object.keys(moto.variables)) {
        if (before[key] === undefined) delete process.env[key];
        else process.env[key] = before[key];
      }
      await moto.stop();
    },
  };
}

for (const [where, open] of [
  ["a folder behind a web server", folderRegistry],
  ["a bucket of S3", bucketRegistry],
] as const) {
  describe(`the real Vagrant and a registry in ${where}`, function () {
    this.timeout(120_000);
    this.bail(true);

    let folder: string;
    let registry: Registry;
    let vagrant: Vagrant;
    let catalogUrl: string;

    before(async () => {
      folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-registry-"));
      registry = await open(folder);
      vagrant = new Vagrant();
      catalogUrl = (await publish(registry.store, await smallBox(folder, name, "1.0.0")))
        .catalogUrl;
    });

    after(async () => {
      vagrant.remove();
      await registry.stop();
      fs.rmSync(folder, { recursive: true });
    });

    const list = (): Promise<string> => vagrant.runBeside(["box", "list"]);

    it("adds the box by the catalog's URL, which HEAD calls JSON", async () => {
      const { headers } = await fetch(catalogUrl, { method: "HEAD" });
      assert.equal(headers.get("content-type"), "application/json");
      await vagrant.runBeside(["box", "add", catalogUrl]);
      assert.match(await list(), /^acme\/demo +\(virtualbox, 1\.0\.0\)$/m);
    });

    it("tells of a new version, and updates to it", async () => {
      await publish(registry.store, await smallBox(folder, name, "1.1.0"));
      assert.match(
        await vagrant.runBeside(["box", "outdated", "--global"]),
        /Current: 1\.0\.0\. Latest: 1\.1\.0$/m,
      );
      await vagrant.runBeside(["box", "update", "--box", name]);
      assert.match(await list(), /\(virtualbox, 1\.1\.0\)$/m);
    });

    it("finds the box by its name alone, with the registry as Vagrant's server", async () => {
      const other = new Vagrant();
      // Vagrant before 2.4.2 looks where a folder cannot have a file; see docs/registry.md.
      const server = registry.store instanceof FolderStore ? "/api/v2/vagrant" : "";
      try {
        await other.runBeside(["box", "add", name], {
          VAGRANT_SERVER_URL: `${registry.serverUrl}${server}`,
        });
        assert.match(await other.runBeside(["box", "list"]), /\(virtualbox, 1\.1\.0\)$/m);
      } finally {
        other.remove();
      }
    });

    it("serves an older version after a roll-back, and the withdrawn box still has its URL", async () => {
      const before = await registry.store.readCatalog(name);
      const withdrawn = before?.versions.find(({ version }) => version === "1.1.0");
      await changeStanding(registry.store, name, (catalog) => rollBack(catalog, "1.0.0"));
      const other = new Vagrant();
      try {
        await other.runBeside(["box", "add", catalogUrl]);
        assert.match(await other.runBeside(["box", "list"]), /\(virtualbox, 1\.0\.0\)$/m);
        const outdated = await other.runBeside(["box", "outdated", "--global"]);
        assert.match(outdated, /'acme\/demo' .*\(v1\.0\.0\) is up to date/);
      } finally {
        other.remove();
      }
      assert.equal((await fetch(withdrawn!.providers[0]!.url, { method: "HEAD" })).status, 200);
    });

    it("gives a Vagrantfile to download that Vagrant takes", async () => {
      const text = await (await fetch(registry.store.url(`${name}/Vagrantfile`))).text();
      assert.ok(text.includes(catalogUrl));
      const machine = fs.mkdtempSync(path.join(folder, "machine-"));
      fs.writeFileSync(path.join(machine, "Vagrantfile"), text);
      await vagrant.runBeside(["validate", "--ignore-provider"], {}, machine);
    });
  });
}
