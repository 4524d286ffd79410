import { shown } from "../problems";

/**
 * The form of a version Vagrant takes: that of Ruby's `Gem::Version` (RubyGems, `VERSION_PATTERN`),
 * less the empty and the padded text that Ruby would take too.
 */
const PATTERN = /^[0-9]+(?:\.[0-9A-Za-z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/** A version taken apart. */
export interface Version {
  /** As written. */
  readonly text: string;
  /** Whether it has a letter in it: Ruby then counts it as earlier than the same without. */
  readonly prerelease: boolean;
  /** Numbers and words in order, trailing zeros of either half left off. */
  readonly segments: readonly (bigint | string)[];
}

function withoutTrailingZeros(segments: readonly (bigint | string)[]): (bigint | string)[] {
  return segments.slice(0, segments.findLastIndex((segment) => segment !== 0n) + 1);
}

/** What is wrong with a version, as sentences; empty if nothing is. */
export function versionProblems(text: unknown): string[] {
  return typeof text === "string" && PATTERN.test(text)
    ? []
    : [
        `${shown(text)} is no version; it must be numbers and words between dots, the first a number, such as 1.4.0 or 20261124.0.0-rc.1.`,
      ];
}

/**
 * Takes a version apart as Ruby's `Gem::Version` does: a hyphen stands for `.pre.`, and digits and
 * letters in one part are apart.
 *
 * @throws SyntaxError if Vagrant would not take `text` as a version
 */
export function parseVersion(text: string): Version {
  const problem = versionProblems(text)[0];
  if (problem !== undefined) throw new SyntaxError(problem);
  const all = (text.replaceAll("-", ".pre.").match(/[0-9]+|[A-Za-z]+/g) ?? []).map((segment) =>
    /^[0-9]/.test(segment) ? BigInt(segment) : segment,
  );
  const firstWord = all.findIndex((segment) => typeof segment === "string");
  const split = firstWord < 0 ? all.length : firstWord;
  return {
    text,
    prerelease: firstWord >= 0,
    segments: [
      ...withoutTrailingZeros(all.slice(0, split)),
      ...withoutTrailingZeros(all.slice(split)),
    ],
  };
}

/**
 * Orders versions as Vagrant does, so that a sort puts the newest last: segment by segment, a word
 * before any number, a missing segment as 0.
 *
 * @returns below 0 if `left` is earlier, above 0 if later, 0 if Vagrant sees no difference (1.0 and
 *   1.0.0)
 * @throws SyntaxError if either is no version
 */
export function compareVersions(left: string, right: string): number {
  const a = parseVersion(left).segments;
  const b = parseVersion(right).segments;
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const [x, y] = [a[at] ?? 0n, b[at] ?? 0n];
    if (x === y) continue;
    if (typeof x !== typeof y) return typeof x === "string" ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return 0;
}
