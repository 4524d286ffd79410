import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Where the official Pulumi releases and provider plugins are downloaded from. */
export const OFFICIAL_DOWNLOADS = "https://get.pulumi.com/";

/** A firewall that drops packets must not hold set-up longer than this. */
const PROBE_TIMEOUT_MS = 3_000;

/** A refusal is believed for this long, so that not every run waits for the probe. */
const BELIEVE_REFUSAL_MS = 24 * 3_600_000;

/** The part of `fetch` that a probe needs. */
export type Fetch = (
  url: string,
  init: { method: string; redirect: "manual"; signal: AbortSignal },
) => Promise<unknown>;

/**
 * Whether the official downloads answer at all. Any HTTP answer counts; an error or 3 s of silence
 * does not.
 *
 * @param refusalFile empty file whose time remembers a refusal for a day; delete it to ask again
 * @param now milliseconds since 1970
 */
export async function officialDownloadsAnswer(
  refusalFile: string,
  fetchUrl: Fetch = fetch,
  now = Date.now(),
): Promise<boolean> {
  const refused = statSync(refusalFile, { throwIfNoEntry: false });
  if (refused !== undefined && now - refused.mtimeMs < BELIEVE_REFUSAL_MS) return false;
  try {
    await fetchUrl(OFFICIAL_DOWNLOADS, {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    });
    rmSync(refusalFile, { force: true });
    return true;
  } catch {
    mkdirSync(dirname(refusalFile), { recursive: true });
    writeFileSync(refusalFile, "");
    return false;
  }
}
