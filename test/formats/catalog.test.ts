import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import {
  addEntry,
  catalogText,
  compareVersions,
  emptyCatalog,
  folderUrl,
  parseCatalog,
  publishToFile,
  type CatalogEntry,
} from "../../formats/catalog";

const sha = (digit: string): string => digit.repeat(64);
const entry = (version: string, more: Partial<CatalogEntry> = {}): CatalogEntry => ({
  version,
  url: `https://boxes.example.com/demo/${version}/virtualbox-amd64.box`,
  sha256: sha("a"),
  ...more,
});

describe("catalog", () => {
  it("is written as Vagrant reads it", () => {
    const catalog = addEntry(emptyCatalog("acme/demo", "A demo box"), entry("1.0.0"));
    assert.equal(
      catalogText(catalog),
      `{
  "name": "acme/demo",
  "description": "A demo box",
  "versions": [
    {
      "version": "1.0.0",
      "providers": [
        {
          "name": "virtualbox",
          "url": "https://boxes.example.com/demo/1.0.0/virtualbox-amd64.box",
          "checksum": "${sha("a")}",
          "checksum_type": "sha256",
          "architecture": "amd64",
          "default_architecture": true
        }
      ]
    }
  ]
}
`,
    );
  });

  it("keeps versions in Vagrant's order, whatever order they come in", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(["0.9", "1.0.0-rc.1", "1.0.0", "1.2", "1.10", "20261124.0"]),
        (versions) => {
          const catalog = versions.reduce(
            (before, version) => addEntry(before, entry(version)),
            emptyCatalog("demo"),
          );
          const order = catalog.versions.map(({ version }) => version);
          assert.deepEqual(order, [...versions].sort(compareVersions));
        },
      ),
    );
  });

  it("lists amd64 last among the boxes of one provider and calls it the default", () => {
    const added = (["amd64", "arm64"] as const).reduce(
      (before, architecture) => addEntry(before, entry("1.0", { architecture })),
      addEntry(emptyCatalog("demo"), entry("1.0", { provider: "libvirt" })),
    );
    assert.deepEqual(
      added.versions[0]?.providers.map((each) => [
        each.name,
        each.architecture,
        each.default_architecture,
      ]),
      [
        ["libvirt", "amd64", true],
        ["virtualbox", "arm64", false],
        ["virtualbox", "amd64", true],
      ],
    );
  });

  it("keeps fields it does not know", () => {
    const text = JSON.stringify({
      name: "demo",
      tag: { colour: "blue" },
      versions: [
        {
          version: "1.0",
          status: "active",
          providers: [{ name: "vmware", url: "http://h/x.box", hosted: false }],
        },
      ],
    });
    const catalog = addEntry(addEntry(parseCatalog(text), entry("2.0")), entry("1.0"));
    assert.deepEqual(catalog["tag"], { colour: "blue" });
    assert.equal(catalog.versions[0]?.["status"], "active");
    assert.equal(catalog.versions[0]?.providers[0]?.["hosted"], false);
    assert.equal(catalog.versions[0]?.providers.length, 2);
  });

  it("takes the same box twice and refuses another one under a published version", () => {
    const once = addEntry(emptyCatalog("demo"), entry("1.0"));
    assert.equal(addEntry(once, entry("1.0")), once);
    assert.throws(
      () => addEntry(once, entry("1.0", { sha256: sha("b") })),
      /1\.0 is published already/,
    );
    assert.throws(() => addEntry(once, entry("1.0.0")), /Vagrant takes it for the published 1\.0:/);
  });

  it("reports every problem of an entry at once", () => {
    const bad = { version: "v1", url: "out/x.box", sha256: "AB", provider: "Virtual Box" };
    assert.throws(
      () => addEntry(emptyCatalog("demo"), bad),
      /4 problems:[^]*version[^]*url[^]*sha256/,
    );
  });

  it("reports everything in a catalog that Vagrant would stumble over", () => {
    const bad = { name: "", versions: [{ version: "x", providers: [{ name: "v" }] }, 3] };
    assert.throws(() => parseCatalog(JSON.stringify(bad)), /4 problems:[^]*providers\[0\]\.url/);
    assert.throws(() => parseCatalog("[]"), /must be an object/);
    assert.throws(() => parseCatalog("{"), SyntaxError);
  });
});

describe("catalog file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ami2box-catalog-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("loses no version when several writers finish at once", async () => {
    const catalog = join(folder, "new", "catalog.json");
    const versions = Array.from({ length: 8 }, (_, index) => `1.${index}`);
    await Promise.all(
      versions.map((version) => publishToFile({ catalog, name: "demo", ...entry(version) })),
    );
    const written = parseCatalog(readFileSync(catalog, "utf8"));
    assert.deepEqual(
      written.versions.map(({ version }) => version),
      versions,
    );
    assert.deepEqual(readdirSync(join(folder, "new")), ["catalog.json"]);
  });

  it("stays untouched when the entry is bad, known or for another box", async () => {
    const catalog = join(folder, "catalog.json");
    const first = { catalog, name: "demo", ...entry("1.0") };
    assert.equal((await publishToFile(first)).changed, true);
    const before = readFileSync(catalog, "utf8");
    assert.equal((await publishToFile(first)).changed, false);
    await assert.rejects(publishToFile({ ...first, name: "other" }), /is the catalog of demo/);
    await assert.rejects(publishToFile({ ...first, sha256: sha("c") }), /published already/);
    assert.equal(readFileSync(catalog, "utf8"), before);
  });

  it("leaves nothing behind when the first entry is bad", async () => {
    const catalog = join(folder, "new", "catalog.json");
    await assert.rejects(publishToFile({ catalog, name: "a b", ...entry("1.0") }), /box name/);
    assert.equal(existsSync(join(folder, "new")), false);
  });

  it("names the file when it holds no catalog", async () => {
    const catalog = join(folder, "catalog.json");
    writeFileSync(catalog, "not json");
    await assert.rejects(
      publishToFile({ catalog, name: "demo", ...entry("1.0") }),
      /catalog\.json is damaged or no catalog/,
    );
    mkdirSync(join(folder, "dir.json"));
    await assert.rejects(
      publishToFile({ catalog: join(folder, "dir.json"), name: "demo", ...entry("1.0") }),
      /EISDIR/,
    );
  });

  it("needs the whole path in a folder's URLs, escaped", () => {
    assert.equal(folderUrl("/srv/my boxes/a#b.box"), "file:///srv/my%20boxes/a%23b.box");
  });
});
