/** How long to wait and how often to look. */
export interface Patience {
  readonly limitMs: number;
  /** First pause; each later one is half as long again, up to ten seconds. */
  readonly pauseMs?: number;
}

const minutes = 60_000;

/** The official plugin's default time limits (terraform-provider-aws, `timeouts` of each resource). */
export const limits = {
  instanceCreate: 10 * minutes,
  instanceDelete: 20 * minutes,
  imageCreate: 40 * minutes,
  volume: 5 * minutes,
  groupDelete: 15 * minutes,
  iamPropagation: 2 * minutes,
} as const;

const longestPauseMs = 10_000;

/** A look that found things not ready, with how they are. */
export class NotYet extends Error {}

/**
 * Looks until it does not throw {@link NotYet}.
 *
 * @throws Error, when the time is up, with how things were at the last look; whatever else the look throws
 */
export async function waitUntil<T>(
  what: string,
  { limitMs, pauseMs = 200 }: Patience,
  look: () => Promise<T>,
): Promise<T> {
  const end = Date.now() + limitMs;
  for (let pause = pauseMs; ; pause = Math.min(pause * 1.5, longestPauseMs)) {
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof NotYet)) throw error;
      if (Date.now() + pause > end) {
        throw new Error(
          `waiting for ${what}: timeout after ${Math.round(limitMs / 1000)} s (last state: ${error.message})`,
        );
      }
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** Tries again while the error is one that passes, such as something not known everywhere yet. */
export function retryWhile<T>(
  passes: (error: Error) => boolean,
  what: string,
  patience: Patience,
  attempt: () => Promise<T>,
): Promise<T> {
  return waitUntil(what, patience, async () => {
    try {
      return await attempt();
    } catch (error) {
      throw passes(error as Error) ? new NotYet((error as Error).message) : error;
    }
  });
}
