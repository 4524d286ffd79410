import type { NightSteps } from "./night";

/**
 * A night's steps that remove old versions once new ones are published.
 *
 * @param retire removes them, and says in sentences what it did; it must not throw
 */
export function withRetention(steps: NightSteps, retire: () => Promise<string[]>): NightSteps {
  return {
    ...steps,
    up: async (signal) => {
      const made = await steps.up(signal);
      return { ...made, places: [...made.places, ...(await retire())] };
    },
  };
}
