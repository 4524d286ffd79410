import { throwIfAny } from "../formats/problems";
import type { DebianSourceSettings } from "./schema";

/** Milliseconds an archive may take to answer. */
const answerTimeoutMs = 30_000;

/** What a Debian archive says of one suite. */
export interface DebianRelease {
  /** Time of the archive's state, seconds since 1970. */
  readonly date: number;
  /** `Date:` of each part, main and security: changes whenever a package does. */
  readonly fingerprint: string;
}

/**
 * Asks the archives for the suite's `Release` files (Debian repository format, "Release files"), which
 * tell whether the suite exists and when anything in it last changed.
 *
 * @throws InputError when an archive does not know the suite or does not answer
 */
export async function fetchDebianRelease({
  suite,
  mirror,
  securityMirror,
}: DebianSourceSettings): Promise<DebianRelease> {
  const answers = await Promise.all([
    fetchReleaseDate("source.mirror", mirror, suite),
    fetchReleaseDate("source.securityMirror", securityMirror, `${suite}-security`),
  ]);
  throwIfAny(
    "settings",
    answers.flatMap((answer) => ("problem" in answer ? [answer.problem] : [])),
  );
  const dates = answers.flatMap((answer) => ("date" in answer ? [answer.date] : []));
  return {
    date: Math.max(...dates),
    fingerprint: dates.map((date) => new Date(date * 1000).toISOString()).join(" "),
  };
}

async function fetchReleaseDate(
  setting: string,
  mirror: string,
  suite: string,
): Promise<{ date: number } | { problem: string }> {
  const url = `${mirror.replace(/\/+$/, "")}/dists/${suite}/Release`;
  let status: number;
  let text: string;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerTimeoutMs) });
    status = response.status;
    text = await response.text();
  } catch {
    return { problem: `${setting}: ${url} cannot be reached; check the network or the mirror` };
  }
  if (status === 404) {
    return {
      problem: `source.suite: the archive at ${mirror} has no suite ${suite}; allowed: a suite it has, such as bookworm or trixie`,
    };
  }
  const date = Date.parse(/^Date: (.+)$/m.exec(text)?.[1] ?? "");
  if (status !== 200 || Number.isNaN(date)) {
    return {
      problem: `${setting}: ${url} answered ${status} and no Release file; give the root of a Debian archive`,
    };
  }
  return { date: date / 1000 };
}
