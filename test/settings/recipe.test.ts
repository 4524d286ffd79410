import assert from "node:assert/strict";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import fc from "fast-check";

import { digestFiles, digestValue } from "../../settings/recipe";

describe("digestFiles", () => {
  let root: string;

  beforeEach(() => {
    root = fs.mkdtempSync(path.join(tmpdir(), "ami2box-recipe-"));
    fs.mkdirSync(path.join(root, "scripts/deep"), { recursive: true });
    fs.writeFileSync(path.join(root, "scripts/a.sh"), "a");
    fs.writeFileSync(path.join(root, "scripts/deep/b.sh"), "b");
  });
  afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

  const digest = (...paths: string[]): string => digestFiles(root, paths);

  it("is the same for the same content in another folder, in whatever order it is named", () => {
    const copy = fs.mkdtempSync(path.join(tmpdir(), "ami2box-recipe-"));
    fs.cpSync(root, copy, { recursive: true });
    const other = digestFiles(copy, ["scripts/deep/b.sh", "scripts/a.sh"]);
    fs.rmSync(copy, { recursive: true });
    assert.equal(other, digest("scripts"));
    assert.match(other, /^[0-9a-f]{64}$/);
  });

  const edits: [string, () => void][] = [
    ["a file's text", () => fs.writeFileSync(path.join(root, "scripts/deep/b.sh"), "B")],
    ["a new file", () => fs.writeFileSync(path.join(root, "scripts/c.sh"), "")],
    ["a file that is gone", () => fs.rmSync(path.join(root, "scripts/a.sh"))],
    [
      "a file's name",
      () => fs.renameSync(path.join(root, "scripts/a.sh"), path.join(root, "scripts/z.sh")),
    ],
    [
      "bytes that move from one file to the next",
      () => {
        fs.writeFileSync(path.join(root, "scripts/a.sh"), "");
        fs.writeFileSync(path.join(root, "scripts/deep/b.sh"), "ab");
      },
    ],
  ];
  for (const [what, edit] of edits) {
    it(`changes with ${what}`, () => {
      const before = digest("scripts");
      edit();
      assert.notEqual(digest("scripts"), before);
    });
  }

  it("takes a file by its absolute path", () => {
    const file = path.join(root, "scripts/a.sh");
    const before = digestFiles("/", [file]);
    fs.writeFileSync(file, "changed");
    assert.notEqual(digestFiles("/", [file]), before);
    assert.notEqual(digest(file), digest());
  });

  it("is that of nothing for no files", () => {
    assert.equal(digest(), digestFiles(tmpdir(), []));
  });
});

describe("digestValue", () => {
  /** The same value with the keys of every object the other way round. */
  function reversed(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(reversed);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, inner]) => [key, reversed(inner)]),
    );
  }

  it("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(fc.object({ withNullPrototype: false }), (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as unknown;
        assert.equal(digestValue(reversed(plain)), digestValue(plain));
      }),
    );
  });

  it("depends on the order of a list and on every value", () => {
    const digests = [{ a: [1, 2] }, { a: [2, 1] }, { a: [1, 3] }, { b: [1, 2] }, { a: ["1", 2] }];
    assert.equal(new Set(digests.map(digestValue)).size, digests.length);
  });

  it("takes a setting that is undefined for one that is not there", () => {
    assert.equal(digestValue({ a: 1, b: undefined }), digestValue({ a: 1 }));
  });
});
