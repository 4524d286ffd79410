import { InputError } from "../formats/problems";
import type { DebianSourceSettings } from "./schema";

/** What a Debian archive says of one suite. */
export interface DebianRelease {
  /** Time of the archive's state, seconds since 1970. */
  readonly date: number;
  /** `Date:` of each part, main and security: changes whenever a package does. */
  readonly fingerprint: string;
}

/**
 * Asks the archive for the suite's `Release` file (Debian repository format, "Release files"), which
 * tells whether the suite exists and when anything in it last changed.
 *
 * @throws InputError when the archive does not know the suite or does not answer
 */
export async function fetchDebianRelease(source: DebianSourceSettings): Promise<DebianRelease> {
  const dates = [
    await fetchReleaseDate(source.mirror, source.suite),
    await fetchReleaseDate(source.securityMirror, `${source.suite}-security`),
  ];
  return {
    date: Math.max(...dates),
    fingerprint: dates.map((date) => new Date(date * 1000).toISOString()).join(" "),
  };
}

async function fetchReleaseDate(mirror: string, suite: string): Promise<number> {
  const url = `${mirror.replace(/\/+$/, "")}/dists/${suite}/Release`;
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
  } catch {
    throw new InputError("settings", [
      `source.mirror: ${url} cannot be reached; check the network or the mirror`,
    ]);
  }
  if (response.status === 404) {
    throw new InputError("settings", [
      `source.suite: the archive at ${mirror} has no suite ${suite}; allowed: a suite it has, such as bookworm or trixie`,
    ]);
  }
  const date = Date.parse(/^Date: (.+)$/m.exec(await response.text())?.[1] ?? "");
  if (!response.ok || Number.isNaN(date)) {
    throw new InputError("settings", [
      `source.mirror: ${url} answered ${response.status} and no Release file; give the root of a Debian archive`,
    ]);
  }
  return date / 1000;
}
