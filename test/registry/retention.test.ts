import assert from "node:assert/strict";

import { retain } from "../../ops/registry/retention";
import { rollBack, yank } from "../../ops/registry/standing";
import { namesOf, sampleCatalog } from "./catalogs";

describe("retention", () => {
  const catalog = sampleCatalog("1.0.0", "2.0.0", "3.0.0", "4.0.0");

  it("keeps the newest versions and names the others, the oldest first", () => {
    const { catalog: kept, removed } = retain(catalog, { newest: 2 });
    assert.deepEqual(namesOf(kept.versions), ["3.0.0", "4.0.0"]);
    assert.deepEqual(removed, ["1.0.0", "2.0.0"]);
  });

  it("keeps what is pinned, whatever its age", () => {
    const { catalog: kept, removed } = retain(catalog, { newest: 1, besides: ["1.0.0"] });
    assert.deepEqual(namesOf(kept.versions), ["1.0.0", "4.0.0"]);
    assert.deepEqual(removed, ["2.0.0", "3.0.0"]);
  });

  it("changes nothing when there are fewer versions than are kept", () => {
    assert.deepEqual(retain(catalog, { newest: 9 }), { catalog, removed: [] });
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
