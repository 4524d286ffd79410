/** A release number, `major.minor.patch`; what follows (`-beta.1`, `+build`) is not kept. */
export type Version = readonly [major: number, minor: number, patch: number];

/**
 * Reads the first release number in a text such as `v3.259.0`, `go version go1.26.8 linux/amd64`
 * or `1.25` (patch 0).
 *
 * @returns undefined if the text holds none
 */
export function parseVersion(text: string): Version | undefined {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  if (match === null) return undefined;
  return [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

/** Whether the release number in `found` is `wanted` or newer; false if `found` holds none. */
export function isAtLeast(found: string, wanted: string): boolean {
  const have = parseVersion(found);
  const need = parseVersion(wanted);
  if (have === undefined || need === undefined) return false;
  for (let index = 0; index < 3; index++) {
    const difference = have[index]! - need[index]!;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
