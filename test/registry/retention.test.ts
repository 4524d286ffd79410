import assert from "node:assert/strict";

import { retain } from "../../ops/registry/retention";
import { pin, rollBack, yank } from "../../ops/registry/standing";
import { namesOf, sampleCatalog } from "./catalogs";

describe("retention", () => {
  const catalog = sampleCatalog("1.0.0", "2.0.0", "3.0.0", "4.0.0");

  it("keeps the newest versions and names the others, the oldest first", () => {
    const { catalog: kept, removed } = retain(catalog, { newest: 2 });
    assert.deepEqual(namesOf(kept.versions), ["3.0.0", "4.0.0"]);
    assert.deepEqual(removed, ["1.0.0", "2.0.0"]);
  });

  it("keeps what is pinned, whatever its age", () => {
    const { catalog: kept, removed } = retain(pin(catalog, "1.0.0"), { newest: 1 });
    assert.deepEqual(namesOf(kept.versions), ["1.0.0", "4.0.0"]);
    assert.deepEqual(removed, ["2.0.0", "3.0.0"]);
  });

  it("changes nothing when there are fewer versions than are kept", () => {
    assert.deepEqual(retain(catalog, { newest: 9 }), { catalog, removed: [] });
  });

  it("keeps what was published last, even under an older number", () => {
    const [first, ...others] = catalog.versions;
    const late = { ...first!, created_at: "2026-11-25T00:00:00Z" };
    const { catalog: kept } = retain({ ...catalog, versions: [late, ...others] }, { newest: 1 });
    assert.deepEqual(namesOf(kept.versions), ["1.0.0", "4.0.0"]);
  });

  it("remembers the numbers of what it removes", () => {
    const once = retain(catalog, { newest: 2 }).catalog;
    assert.deepEqual(once.removed, ["1.0.0", "2.0.0"]);
    assert.deepEqual(retain(once, { newest: 1 }).catalog.removed, ["1.0.0", "2.0.0", "3.0.0"]);
  });

  it("keeps a withdrawn version as long as one that is not newer stays", () => {
    const withdrawn = yank(catalog, "3.0.0");
    assert.deepEqual(retain(withdrawn, { newest: 2 }).removed, ["1.0.0"]);
    assert.deepEqual(retain(withdrawn, { newest: 1 }).removed, ["1.0.0", "2.0.0", "3.0.0"]);
  });

  it("does not remove what a roll-back withdrew: it may come back", () => {
    const { catalog: kept, removed } = retain(rollBack(catalog, "2.0.0"), {
      newest: 1,
    });
    assert.deepEqual(removed, ["1.0.0"]);
    assert.deepEqual(namesOf(kept.yanked), ["3.0.0", "4.0.0"]);
  });
});
