import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import {
  boxNameProblems,
  compareVersions,
  machineName,
  parseVersion,
  versionProblems,
} from "../../formats/catalog";

describe("box versions", () => {
  const part = fc.stringMatching(/^(0|00|1|2|10|20261124|a|b|rc1|rc10|pre|alpha|1a2)$/);
  const anyVersion = fc
    .tuple(fc.nat(12), fc.array(part, { maxLength: 4 }), fc.array(part, { maxLength: 2 }))
    .map(([first, dots, hyphen]) => {
      const release = [first, ...dots].join(".");
      return hyphen.length > 0 ? `${release}-${hyphen.join(".")}` : release;
    });

  it("are ordered, and told from prereleases, as Ruby's Gem::Version does", () => {
    const pairs = fc.sample(fc.tuple(anyVersion, anyVersion), { numRuns: 2000, seed: 1 });
    const script =
      'require "json"; puts JSON.generate(JSON.parse(STDIN.read).map { |a, b| ' +
      "[Gem::Version.new(a) <=> Gem::Version.new(b), Gem::Version.new(a).prerelease?] })";
    const answer = execFileSync("ruby", ["-e", script], { input: JSON.stringify(pairs) });
    const expected = JSON.parse(answer.toString()) as [number, boolean][];
    pairs.forEach(([a, b], index) => {
      assert.equal(Math.sign(compareVersions(a, b)), expected[index]?.[0], `${a} <=> ${b}`);
      assert.equal(parseVersion(a).prerelease, expected[index]?.[1], `${a} prerelease?`);
    });
  });

  it("are accepted and refused as Ruby's Gem::Version does, save the empty and the padded", () => {
    const texts = [
      "1",
      "1.0",
      "1.0.0-rc.1",
      "1.0a",
      "1.a",
      "1-2-3",
      "v1",
      "1..2",
      "1.",
      ".1",
      "-1",
    ];
    texts.push("1.0+build", "1_0", "1.0/2", "../1", "1.0 beta", "01.02", "1.0-", "latest");
    const script =
      'require "json"; puts JSON.generate(JSON.parse(STDIN.read).map { |v| Gem::Version.correct?(v) })';
    const answer = execFileSync("ruby", ["-e", script], { input: JSON.stringify(texts) });
    const ours = texts.map((text) => versionProblems(text).length === 0);
    assert.deepEqual(ours, JSON.parse(answer.toString()));
    for (const text of ["", " 1.0", "1.0\n", undefined, 1]) {
      assert.equal(versionProblems(text).length, 1);
    }
  });

  it("compare by value however large their numbers are", () => {
    assert.ok(compareVersions("1.99999999999999999998", "1.99999999999999999999") < 0);
    assert.equal(compareVersions("1.0", "1"), 0);
    assert.ok(compareVersions("1.0.0-rc.2", "1.0.0") < 0);
  });
});

describe("box names", () => {
  it("are one part or two, of characters that Vagrant and file systems take", () => {
    for (const name of ["bookworm64", "acme/bookworm64", "a.b_c-d/e", "_x"]) {
      assert.deepEqual(boxNameProblems(name), [], name);
    }
    const bad = [
      "",
      "/a",
      "a/",
      "a/b/c",
      "a b",
      "../a",
      ".a",
      "-a",
      "a:b",
      "ä",
      "a\n",
      "x".repeat(129),
    ];
    for (const name of [...bad, "a-VAGRANTSLASH-b", "a-VAGRANTCOLON-b", 3]) {
      assert.equal(boxNameProblems(name).length, 1, String(name));
    }
  });

  it("become machine names without a slash", () => {
    assert.equal(machineName("acme/bookworm64"), "acme-bookworm64");
  });
});
