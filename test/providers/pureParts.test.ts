import assert from "node:assert/strict";
import fc from "fast-check";
import { goExit, goQuote, goStartError } from "../../providers/command/goText";
import { LogLines } from "../../providers/command/logLines";
import { globToRegExp } from "../../providers/command/outputGlobs";
import { checkProperties } from "../../providers/lib/propertyTable";
import type { ResourceType } from "../../providers/lib/standIn";
import {
  assetValue,
  sameValue,
  secretValue,
  unwrapProperties,
  type Properties,
} from "../../providers/lib/wireValues";
import { choiceTypes } from "../../providers/random/choices";
import { identifierTypes } from "../../providers/random/identifiers";
import { stringTypes } from "../../providers/random/strings";
import { picker, shuffled } from "../../providers/random/generators";

describe("values on the wire", () => {
  it("are unwrapped at any depth, nulls left out", () => {
    const plain = unwrapProperties({
      a: secretValue({ b: [secretValue("c")] }),
      d: null,
      e: [null, 1],
    });
    assert.deepEqual(plain, { a: { b: ["c"] }, e: [null, 1] });
  });

  it("are the same whatever the order of keys, and assets whatever their path", () => {
    assert.ok(sameValue({ a: 1, b: 2 }, { b: 2, a: 1 }));
    assert.ok(
      sameValue(assetValue({ path: "x", hash: "1" }), assetValue({ path: "y", hash: "1" })),
    );
    assert.ok(
      !sameValue(assetValue({ path: "x", hash: "1" }), assetValue({ path: "x", hash: "2" })),
    );
    assert.ok(sameValue(undefined, null));
  });

  it("are checked all at once", () => {
    const failures = checkProperties(
      { text: 1, choice: "c", map: { a: 1 }, list: ["a", 1], fine: "x" },
      {
        text: { kind: "string" },
        choice: { kind: ["a", "b"] },
        map: { kind: "map of strings" },
        list: { kind: "list of strings" },
        fine: { kind: "string" },
        missing: { kind: "number", required: true },
      },
    );
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["text", "choice", "map", "list", "missing"],
    );
  });

  it("pass the check while they are not known", () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const table = { a: { kind: "number" }, b: { kind: "list of strings" } } as const;
    assert.deepEqual(checkProperties({ a: unknown, b: [unknown] }, table), []);
  });
});

describe("texts in the words of Go", () => {
  it("quote as %q does", () => {
    assert.equal(
      goQuote('a "b" \\ \n\t\x01 é 語\u200b'),
      '"a \\"b\\" \\\\ \\n\\t\\x01 é 語\\u200b"',
    );
    assert.equal(goQuote("\u{1f600}\u{e0001}"), '"\u{1f600}\\U000e0001"');
  });

  it("tell how a process ended or why it did not start", () => {
    assert.equal(goExit(0, null), undefined);
    assert.equal(goExit(7, null), "exit status 7");
    assert.equal(goExit(null, "SIGTERM"), "signal: terminated");
    const error = Object.assign(new Error("spawn"), { code: "EACCES" });
    assert.equal(goStartError(error, "/x"), "fork/exec /x: permission denied");
  });
});

describe("lines for the log", () => {
  function linesOf(chunks: readonly Buffer[]): string[] {
    const lines: string[] = [];
    const splitter = new LogLines((line) => lines.push(line));
    chunks.forEach((chunk) => splitter.push(chunk));
    splitter.end();
    return lines;
  }

  it("do not depend on how the bytes were cut into chunks", () => {
    const content = fc.string({ unit: fc.constantFrom("a", "é", "\n", "\r\n") });
    fc.assert(
      fc.property(content, fc.integer({ min: 1, max: 5 }), (text, size) => {
        const bytes = Buffer.from(text);
        const chunks: Buffer[] = [];
        for (let start = 0; start < bytes.length; start += size) {
          chunks.push(bytes.subarray(start, start + size));
        }
        const expected = text.split(/\r?\n/);
        assert.deepEqual(
          linesOf(chunks),
          expected.at(-1) === "" ? expected.slice(0, -1) : expected,
        );
      }),
    );
  });

  it("are too long from 65536 bytes, with or without a newline", () => {
    const push = (text: string): boolean => new LogLines(() => undefined).push(Buffer.from(text));
    assert.equal(push(`${"x".repeat(65_535)}\n`), true);
    assert.equal(push("x".repeat(65_535)), true);
    assert.equal(push(`${"x".repeat(65_536)}\n`), false);
    assert.equal(push("x".repeat(65_536)), false);
  });
});

describe("globs for output files", () => {
  const matches: [glob: string, path: string, matches: boolean][] = [
    ["*.js", "a.js", true],
    ["*.js", "a/b.js", false],
    ["src/**.js", "src/a/b.js", true],
    ["src/**.js", "src/a/b.ts", false],
    ["a?c", "abc", true],
    ["a?c", "a/c", false],
    ["[a-c]x", "bx", true],
    ["[!a-c]x", "bx", false],
    ["{one,t*}.txt", "two.txt", true],
    ["{one,t*}.txt", "six.txt", false],
    ["a\\*b", "a*b", true],
    ["a\\*b", "axb", false],
    ["a+(b).c", "a+(b).c", true],
  ];
  for (const [glob, path, expected] of matches) {
    it(`${expected ? "match" : "do not match"}: ${glob} and ${path}`, () => {
      assert.equal(globToRegExp(glob).test(path), expected);
    });
  }
});

describe("random choices", () => {
  it("stay below the bound and reach all of it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.string(), (bound, seed) => {
        const pick = picker(seed);
        const seen = new Set(Array.from({ length: 300 }, () => pick(bound)));
        assert.deepEqual(
          [...seen].sort(),
          Array.from({ length: bound }, (_, index) => index),
        );
      }),
      { numRuns: 20 },
    );
  });

  it("shuffle without loss, and differently for different seeds", () => {
    const items = Array.from({ length: 20 }, (_, index) => index);
    const one = shuffled(items, picker("one"));
    assert.deepEqual(
      [...one].sort((a, b) => a - b),
      items,
    );
    assert.notDeepEqual(one, shuffled(items, picker("two")));
  });
});

describe("checks of random resources", () => {
  const types: Readonly<Record<string, ResourceType>> = {
    ...choiceTypes,
    ...identifierTypes,
    ...stringTypes,
  };
  const classes = { lower: false, upper: false, numeric: false, number: false, special: false };
  const minimums = { minLower: 0, minUpper: 0, minNumeric: 0, minSpecial: 0 };
  const wrong: [type: string, inputs: Properties, properties: string[]][] = [
    ["String", { ...minimums, ...classes, length: 0 }, ["length", "lower"]],
    ["Password", { ...minimums, ...classes, lower: true, minLower: 3, length: 2 }, ["length"]],
    ["Id", { byteLength: 0 }, ["byteLength"]],
    ["Bytes", { length: 0 }, ["length"]],
    ["Integer", { min: 2, max: 1 }, ["max"]],
    ["Integer", { min: 0, max: 2 ** 48 }, ["max"]],
  ];
  for (const [type, inputs, properties] of wrong) {
    it(`refuse ${JSON.stringify(inputs)} for Random${type}`, () => {
      const failures = types[`random:index/random${type}:Random${type}`]?.check?.(inputs) ?? [];
      assert.deepEqual(
        failures.map(({ property }) => property),
        properties,
      );
    });
  }
});
