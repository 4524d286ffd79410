import assert from "node:assert/strict";
import fc from "fast-check";
import { isAtLeast, parseVersion } from "../../ops/setup/versions";

describe("version comparison", () => {
  it("reads the release number in what tools print", () => {
    assert.deepEqual(parseVersion("v3.259.0"), [3, 259, 0]);
    assert.deepEqual(parseVersion("go version go1.26.8 linux/amd64"), [1, 26, 8]);
    assert.deepEqual(parseVersion("go1.25"), [1, 25, 0]);
    assert.deepEqual(parseVersion("3.260.0-alpha.1+dirty"), [3, 260, 0]);
    assert.equal(parseVersion("devel"), undefined);
  });

  it("compares numbers, not text", () => {
    assert.equal(isAtLeast("v3.259.0", "v3.99.0"), true);
    assert.equal(isAtLeast("go1.9.1", "1.25.11"), false);
    assert.equal(isAtLeast("1.25.11", "1.25.11"), true);
    assert.equal(isAtLeast("", "1.0.0"), false);
  });

  it("orders any two releases one way or the other", () => {
    const release = fc.tuple(fc.nat(999), fc.nat(999), fc.nat(999)).map((it) => it.join("."));
    fc.assert(
      fc.property(release, release, (left, right) => {
        const both = isAtLeast(left, right) && isAtLeast(right, left);
        assert.equal(both, left === right);
        assert.ok(isAtLeast(left, right) || isAtLeast(right, left));
      }),
    );
  });
});
