import assert from "node:assert/strict";

import fc from "fast-check";

import { parseCatalog } from "../../formats/catalog";
import { InputError } from "../../formats/problems";
import { restore, rollBack, yank } from "../../ops/registry/standing";
import { namesOf, sampleCatalog } from "./catalogs";

describe("the standing of versions in a catalog", () => {
  const catalog = sampleCatalog("1.0.0", "1.1.0", "1.10.0");

  it("withdraws a version and keeps it aside", () => {
    const { versions, yanked } = yank(catalog, "1.1.0");
    assert.deepEqual(namesOf(versions), ["1.0.0", "1.10.0"]);
    assert.deepEqual(namesOf(yanked), ["1.1.0"]);
  });

  it("brings a withdrawn version back to its place", () => {
    assert.deepEqual(restore(yank(catalog, "1.1.0"), "1.1.0"), catalog);
  });

  it("makes an older version current by withdrawing the later ones", () => {
    const { versions, yanked } = rollBack(catalog, "1.0.0");
    assert.deepEqual(namesOf(versions), ["1.0.0"]);
    assert.deepEqual(namesOf(yanked), ["1.1.0", "1.10.0"]);
  });

  it("leaves the catalog as it is when the current version is made current", () => {
    assert.deepEqual(rollBack(catalog, "1.10.0"), catalog);
  });

  it("refuses to withdraw the last version, as Vagrant would take the catalog for broken", () => {
    assert.throws(() => yank(sampleCatalog("1.0.0"), "1.0.0"), /the only version of acme\/demo/);
  });

  it("names the versions there are when asked for one that is not", () => {
    for (const change of [yank, rollBack]) {
      assert.throws(() => change(catalog, "2.0.0"), {
        name: InputError.name,
        message: /2\.0\.0 is no version of acme\/demo; it has: 1\.0\.0, 1\.1\.0, 1\.10\.0/,
      });
    }
    assert.throws(() => restore(catalog, "1.0.0"), /withdrawn are: none/);
  });

  it("stays a catalog that Vagrant reads, and loses no version, whatever is done", () => {
    const step = fc.record({
      change: fc.constantFrom(yank, restore, rollBack),
      version: fc.constantFrom(...namesOf(catalog.versions)),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let current = catalog;
        for (const { change, version } of steps) {
          try {
            current = change(current, version);
          } catch (error) {
            assert.ok(error instanceof InputError);
          }
        }
        assert.ok(parseCatalog(JSON.stringify(current)).versions.length > 0);
        assert.deepEqual(
          [...namesOf(current.versions), ...namesOf(current.yanked)].sort(),
          namesOf(catalog.versions).sort(),
        );
      }),
    );
  });
});
