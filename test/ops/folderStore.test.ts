import assert from "node:assert/strict";
import fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

import { listPublishedVersions } from "../../settings/publishedVersions";
import { finishedBox, onePixelPng, publishToFolder, snapshot } from "./publishFixture";

interface CatalogFile {
  name: string;
  description: string;
  versions: { version: string; created_at?: string; providers: Record<string, unknown>[] }[];
}

describe("publishing in a folder", () => {
  let folder: string;
  const out = (...parts: string[]): string => path.join(folder, "out", ...parts);
  const readCatalog = (): CatalogFile =>
    JSON.parse(fs.readFileSync(out("acme/demo/catalog.json"), "utf8")) as CatalogFile;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(tmpdir(), "ami2box-publish-"));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  it("puts the box, its report and its screen in the version's folder, and the catalog beside", async () => {
    const publication = finishedBox(folder);
    const published = await publishToFolder(publication);
    const version = out("acme/demo/1.0.0");
    assert.deepEqual(fs.readdirSync(version).sort(), [
      "SHA256SUMS",
      "console.png",
      "report.html",
      "report.json",
      "virtualbox-amd64.box",
    ]);
    assert.deepEqual(fs.readdirSync(out("acme/demo")).sort(), [
      "1.0.0",
      "Vagrantfile",
      "catalog.json",
      "index.html",
    ]);
    assert.equal(fs.readFileSync(path.join(version, "virtualbox-amd64.box"), "utf8"), "a box");
    assert.deepEqual(fs.readFileSync(path.join(version, "console.png")), onePixelPng);
    assert.deepEqual(published, {
      path: version,
      boxUrl: `file://${version}/virtualbox-amd64.box`,
      boxUrls: [`file://${version}/virtualbox-amd64.box`],
      catalogUrl: `file://${out("acme/demo")}/catalog.json`,
      reportUrl: `file://${version}/report.html`,
      bytes: 5,
    });
    const [{ created_at: created } = {}] = readCatalog().versions;
    assert.ok(Math.abs(Date.parse(created ?? "") - Date.now()) < 60_000);
    assert.deepEqual(readCatalog(), {
      name: "acme/demo",
      description: "A demo",
      versions: [
        {
          created_at: created,
          version: "1.0.0",
          providers: [
            {
              name: "virtualbox",
              url: published.boxUrl,
              checksum: publication.boxes[0].sha256,
              checksum_type: "sha256",
              architecture: "amd64",
              default_architecture: true,
              size: 5,
            },
          ],
        },
      ],
    });
  });

  it("is readable by others, whatever a private temporary folder was", async () => {
    const { path: versionDirectory } = await publishToFolder(finishedBox(folder));
    assert.equal(fs.statSync(versionDirectory).mode & 0o777, 0o755);
  });

  it("gives URLs that lead to the files from any folder, spaces included", async () => {
    const directory = path.join(folder, "my boxes é");
    const { boxUrl } = await publishToFolder(finishedBox(folder, { directory }));
    assert.ok(!boxUrl.includes(" "));
    assert.equal(fs.readFileSync(fileURLToPath(boxUrl), "utf8"), "a box");
  });

  it("takes no second room for the box on the same file system", async () => {
    const publication = finishedBox(folder);
    const { path: versionDirectory } = await publishToFolder(publication);
    const published = fs.statSync(path.join(versionDirectory, "virtualbox-amd64.box"));
    assert.equal(published.ino, fs.statSync(publication.boxes[0].file).ino);
  });

  it("copies the box where it cannot be linked, as to another file system", async function () {
    const shm = fs.statSync("/dev/shm", { throwIfNoEntry: false });
    if (shm === undefined || shm.dev === fs.statSync(folder).dev) {
      console.log("      skipped: /dev/shm is no file system of its own here");
      this.skip();
    }
    const directory = fs.mkdtempSync("/dev/shm/ami2box-publish-");
    try {
      const { path: versionDirectory } = await publishToFolder(finishedBox(folder, { directory }));
      const box = path.join(versionDirectory, "virtualbox-amd64.box");
      assert.equal(fs.readFileSync(box, "utf8"), "a box");
      assert.equal(fs.statSync(box).dev, fs.statSync("/dev/shm").dev);
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  });

  it("publishes what there is when the boot proof left nothing", async () => {
    const proofDirectory = path.join(folder, "no-proof");
    const { path: versionDirectory } = await publishToFolder(
      finishedBox(folder, { proofDirectory }),
    );
    assert.ok(!fs.existsSync(path.join(versionDirectory, "console.png")));
  });

  it("changes nothing when the same box is published again", async () => {
    const first = await publishToFolder(finishedBox(folder));
    const before = snapshot(out());
    assert.deepEqual(await publishToFolder(finishedBox(folder)), first);
    assert.deepEqual(snapshot(out()), before);
  });

  it("keeps versions side by side, the newest last in the catalog", async () => {
    await publishToFolder(finishedBox(folder, { version: "1.10.0", content: "ten" }));
    await publishToFolder(finishedBox(folder, { version: "1.9.0", content: "nine" }));
    assert.deepEqual(
      readCatalog().versions.map(({ version }) => version),
      ["1.9.0", "1.10.0"],
    );
    assert.equal(fs.readFileSync(out("acme/demo/1.9.0/virtualbox-amd64.box"), "utf8"), "nine");
  });

  describe("refuses, and leaves everything as it was,", () => {
    async function refused(
      changes: Parameters<typeof finishedBox>[1],
      reason: RegExp,
    ): Promise<void> {
      const before = snapshot(out());
      await assert.rejects(publishToFolder(finishedBox(folder, changes)), reason);
      assert.deepEqual(snapshot(out()), before);
    }

    it("another content under a version that is published", async () => {
      await publishToFolder(finishedBox(folder));
      await refused({ content: "another" }, /version 1\.0\.0 is published already for virtualbox/);
    });

    it("another content under a version whose box stands there uncatalogued", async () => {
      await publishToFolder(finishedBox(folder));
      fs.rmSync(out("acme/demo/catalog.json"));
      await refused(
        { content: "another" },
        /acme\/demo 1\.0\.0 is published already with another content \(sha256 .*choose another/,
      );
    });

    it("a version that Vagrant takes for one that is published", async () => {
      await publishToFolder(finishedBox(folder));
      await refused({ version: "1.0" }, /version is 1\.0, but Vagrant takes it for the published/);
    });

    it("a folder of the version's name that holds no box", async () => {
      fs.mkdirSync(out("acme/demo/1.0.0"), { recursive: true });
      await refused({}, /is there, but is no published box: it lacks .*move it away or choose/);
    });

    it("a name or a version that would lead out of the folder, both told", async () => {
      await refused(
        { name: "../up", version: "../1" },
        /"\.\.\/up" is no box name[^]*is no version/,
      );
      assert.deepEqual(fs.readdirSync(folder), ["work"]);
    });

    it("a catalog that is damaged", async () => {
      await publishToFolder(finishedBox(folder));
      fs.writeFileSync(out("acme/demo/catalog.json"), "{");
      await refused({ version: "2.0.0" }, /catalog\.json is damaged or no catalog/);
    });

    it("a box that is not there", async () => {
      await publishToFolder(finishedBox(folder));
      const good = finishedBox(folder, { version: "2.0.0" });
      const file = path.join(folder, "none");
      const version = { ...good, boxes: [{ ...good.boxes[0], file }] as typeof good.boxes };
      await assert.rejects(publishToFolder(version), /ENOENT/);
      assert.ok(!fs.existsSync(out("acme/demo/2.0.0")));
      assert.deepEqual(
        readCatalog().versions.map(({ version }) => version),
        ["1.0.0"],
      );
    });
  });

  describe("after it was killed", () => {
    it("between the box and the catalog, finishes when it is run again", async () => {
      await publishToFolder(finishedBox(folder));
      fs.rmSync(out("acme/demo/catalog.json"));
      const version = snapshot(out("acme/demo/1.0.0"));
      assert.equal(listPublishedVersions(out(), "acme/demo")[0]?.catalogued, false);
      await publishToFolder(finishedBox(folder));
      assert.equal(listPublishedVersions(out(), "acme/demo")[0]?.catalogued, true);
      assert.deepEqual(snapshot(out("acme/demo/1.0.0")), version);
    });

    it("while it wrote the box, removes what was unfinished and no other version's", async () => {
      fs.mkdirSync(out("acme/demo/.1.0.0.Ab3xYz"), { recursive: true });
      fs.writeFileSync(out("acme/demo/.1.0.0.Ab3xYz/virtualbox-amd64.box"), "ha");
      fs.mkdirSync(out("acme/demo/.1.0.0.1.Ab3xYz"));
      await publishToFolder(finishedBox(folder));
      assert.deepEqual(fs.readdirSync(out("acme/demo")).sort(), [
        ".1.0.0.1.Ab3xYz",
        "1.0.0",
        "Vagrantfile",
        "catalog.json",
        "index.html",
      ]);
    });
  });

  it("shows a version to nobody before all its files are there, and the catalog last", async () => {
    const seen: string[] = [];
    const rename = fs.renameSync;
    fs.renameSync = (from, to) => {
      if (path.basename(String(to)) === "Vagrantfile" || String(to).endsWith(".html")) {
        assert.ok(fs.existsSync(out("acme/demo/catalog.json")));
        return rename(from, to);
      }
      assert.ok(!fs.existsSync(out("acme/demo/catalog.json")));
      assert.ok(path.basename(String(from)).startsWith("."));
      seen.push(...fs.readdirSync(String(from)));
      rename(from, to);
    };
    try {
      await publishToFolder(finishedBox(folder));
    } finally {
      fs.renameSync = rename;
    }
    assert.deepEqual(seen.sort(), [
      "SHA256SUMS",
      "console.png",
      "report.html",
      "report.json",
      "virtualbox-amd64.box",
    ]);
    assert.ok(fs.existsSync(out("acme/demo/catalog.json")));
  });
});
