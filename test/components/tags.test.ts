import assert from "node:assert/strict";

import { ownershipTags, readOwnership } from "../../components/tags";

describe("the tags of a resource", () => {
  const ownership = {
    project: "ami2box",
    stack: "nightly",
    run: "20261124T010203Z-1a2b3c4d",
    expires: new Date("2026-11-24T05:02:03Z"),
  };

  it("tell whose it is, of which run, and until when it may be needed", () => {
    assert.deepEqual(ownershipTags(ownership), {
      "ami2box:project": "ami2box",
      "ami2box:stack": "nightly",
      "ami2box:run": "20261124T010203Z-1a2b3c4d",
      "ami2box:expires": "2026-11-24T05:02:03Z",
    });
  });

  it("are read back as they were written", () => {
    assert.deepEqual(readOwnership({ Name: "x", ...ownershipTags(ownership) }), ownership);
  });

  it("make nothing ours that lacks one of them or has no time in it", () => {
    const tags = ownershipTags(ownership);
    for (const name of Object.keys(tags)) {
      const { [name]: left, ...others } = tags;
      assert.ok(left);
      assert.equal(readOwnership(others), undefined, name);
    }
    assert.equal(readOwnership({ ...tags, "ami2box:expires": "tomorrow" }), undefined);
  });
});
