import assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { isPublished } from "../../ops/box/published";
import { defaultVersion, listPublishedVersions } from "../../settings/publishedVersions";

const today = new Date("2026-11-24T23:59:59Z");
const version = (name: string, recipe?: string): Parameters<typeof defaultVersion>[0][number] => ({
  version: name,
  recipe,
  catalogued: true,
});

describe("defaultVersion", () => {
  it("is the day in UTC and 0 for the first box of the day", () => {
    assert.equal(defaultVersion([], "r", today), "20261124.0.0");
    assert.equal(defaultVersion([version("20261123.4.0", "x")], "r", today), "20261124.0.0");
  });

  it("is that of the box published from the same recipe, on whatever day that was", () => {
    const published = [version("1.0.0", "r"), version("20261124.0.0", "x")];
    assert.equal(defaultVersion(published, "r", today), "1.0.0");
  });

  it("counts up for another recipe of the same day", () => {
    const published = [version("20261124.0.0", "a"), version("20261124.1.0", "b")];
    assert.equal(defaultVersion(published, "r", today), "20261124.2.0");
  });

  it("takes no number that is taken, even by a box nobody knows the recipe of", () => {
    assert.equal(defaultVersion([version("20261124.0.0")], "r", today), "20261124.1.0");
    assert.equal(defaultVersion([version("20261124.1.0", "a")], "r", today), "20261124.0.0");
  });
});

describe("listPublishedVersions", () => {
  let out: string;

  beforeEach(() => {
    out = fs.mkdtempSync(path.join(tmpdir(), "ami2box-published-"));
  });
  afterEach(() => fs.rmSync(out, { recursive: true, force: true }));

  function publish(name: string, report: string | undefined): void {
    const folder = path.join(out, "acme/demo", name);
    fs.mkdirSync(folder, { recursive: true });
    if (report !== undefined) fs.writeFileSync(path.join(folder, "report.json"), report);
  }

  function writeCatalog(...versions: string[]): void {
    const entries = versions.map((each) => ({ version: each, providers: [] }));
    fs.writeFileSync(
      path.join(out, "acme/demo/catalog.json"),
      JSON.stringify({ name: "acme/demo", versions: entries }),
    );
  }

  it("is empty where no box of that name has been published", () => {
    assert.deepEqual(listPublishedVersions(out, "acme/demo"), []);
    assert.deepEqual(listPublishedVersions(path.join(out, "missing"), "acme/demo"), []);
  });

  it("has each version with its recipe, and whether the catalog names it", () => {
    publish("1.0.0", `{"recipe":"one"}`);
    publish("1.1.0", `{"recipe":"two"}`);
    writeCatalog("1.0.0");
    assert.deepEqual(listPublishedVersions(out, "acme/demo"), [
      { version: "1.0.0", recipe: "one", catalogued: true },
      { version: "1.1.0", recipe: "two", catalogued: false },
    ]);
  });

  it("knows those that were withdrawn, and the numbers whose files are gone", () => {
    publish("1.1.0", `{"recipe":"two"}`);
    publish("1.2.0", `{"recipe":"three"}`);
    const catalog = {
      name: "acme/demo",
      versions: [{ version: "1.2.0", providers: [] }],
      yanked: [{ version: "1.1.0", providers: [] }],
      removed: ["1.0.0"],
    };
    fs.writeFileSync(path.join(out, "acme/demo/catalog.json"), JSON.stringify(catalog));
    const published = listPublishedVersions(out, "acme/demo");
    assert.deepEqual(published, [
      { version: "1.1.0", recipe: "two", catalogued: false, gone: "withdrawn" },
      { version: "1.2.0", recipe: "three", catalogued: true },
      { version: "1.0.0", recipe: undefined, catalogued: false, gone: "removed" },
    ]);
    assert.ok(isPublished({ published, version: "1.1.0", recipe: "two" }));
  });

  it("gives no number out again whose files are gone", () => {
    const gone = { ...version("20261124.0.0"), catalogued: false, gone: "removed" as const };
    assert.equal(defaultVersion([gone], "r", today), "20261124.1.0");
  });

  it("knows no recipe where the report is missing, damaged or of another kind", () => {
    publish("1.0.0", undefined);
    publish("1.1.0", `{"recipe":`);
    publish("1.2.0", `{"recipe":7}`);
    assert.deepEqual(
      listPublishedVersions(out, "acme/demo").map(({ recipe }) => recipe),
      [undefined, undefined, undefined],
    );
  });

  it("passes over what a killed publication left, and files", () => {
    publish(".1.0.0.Ab3xYz", `{"recipe":"one"}`);
    writeCatalog();
    assert.deepEqual(listPublishedVersions(out, "acme/demo"), []);
  });
});
