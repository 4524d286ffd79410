import type { Announcer } from "../setup/log";
import { formatDuration } from "../setup/log";

/** What a night made, and where it can be found. */
export interface Made {
  /** Such as `acme/demo 1.2.0`. */
  readonly what: string;
  /** Such as `box https://...`, `report https://...`. */
  readonly places: readonly string[];
  /** Of several boxes, a table of what became of each. */
  readonly table?: string;
  /** Of several boxes, those that were not made, and where they failed. */
  readonly failed?: readonly string[];
}

/** What a night does to the world, in the order it may do it. */
export interface NightSteps {
  /**
   * Looks at the settings and all they point at, and changes nothing.
   *
   * @returns the box that is in the catalog already, if it is made from the same inputs
   * @throws Error when the settings are wrong
   */
  findUnchanged(): Promise<Made | undefined>;
  /** Whether the stack still holds resources, of a night that could not clean up. */
  hasLeftovers(): Promise<boolean>;
  /** Makes and publishes the box; ends early, with an error, once the signal is aborted. */
  up(signal: AbortSignal): Promise<Made>;
  /** Removes every resource of the stack; `afterFailure` asks the cloud what is really there first. */
  destroy(afterFailure: boolean): Promise<void>;
}

/** How long a night may take and how hard it tries to clean up. */
export interface NightLimits {
  /** Time after which the build is ended, milliseconds. */
  readonly buildMs: number;
  /** Pauses between attempts to destroy, milliseconds; one more attempt than pauses. */
  readonly destroyPausesMs: readonly number[];
}

/** Signals the process was sent, as the night sees them. */
export interface NightInterruption {
  readonly signal: AbortSignal;
  /** Exit status a shell expects after the signal that came; undefined while none has. */
  readonly status: () => number | undefined;
}

/** How a night ended: its exit status and the one line that says it. */
export interface NightOutcome {
  readonly status: number;
  readonly line: string;
  /** What stands before that line, if anything. */
  readonly table?: string | undefined;
}

/** Exit status of a night that published its box and could not remove what making it needed. */
export const leftoversStatus = 3;

/**
 * Runs a night: looks, builds, and cleans up whatever came of it.
 *
 * The exit status is the build's: 0 when the box was made or nothing has changed, 1 when it failed or took
 * too long, 128 and the signal's number after a signal; {@link leftoversStatus} when all that failed was the
 * cleaning up.
 */
export async function runNight(
  steps: NightSteps,
  limits: NightLimits,
  interruption: NightInterruption,
  announce: Announcer,
): Promise<NightOutcome> {
  let unchanged: Made | undefined;
  try {
    unchanged = await steps.findUnchanged();
    if (unchanged !== undefined && !(await steps.hasLeftovers())) {
      return { status: 0, line: unchangedLine(unchanged), table: unchanged.table };
    }
  } catch (error) {
    return { status: 1, line: `nightly: nothing was begun: ${messageOf(error)}` };
  }

  const build: Build =
    unchanged === undefined
      ? await runBuild(steps, limits.buildMs, interruption)
      : { status: 0, line: unchangedLine(unchanged), table: unchanged.table };
  announce.line(build.line);
  const failure = await destroyWithRetries(steps, limits, build.status !== 0, announce);
  if (failure === undefined) return { ...build, line: `${build.line}; all else is removed` };
  return {
    ...build,
    status: build.status === 0 ? leftoversStatus : build.status,
    line: `${build.line}; RESOURCES ARE LEFT: ${failure}; run the same command again`,
  };
}

type Build = NightOutcome;

async function runBuild(
  steps: NightSteps,
  buildMs: number,
  interruption: NightInterruption,
): Promise<Build> {
  const ending = new AbortController();
  let tookTooLong = false;
  const timer = setTimeout(() => {
    tookTooLong = true;
    ending.abort();
  }, buildMs);
  interruption.signal.addEventListener("abort", () => ending.abort(), { once: true });
  if (interruption.signal.aborted) ending.abort();
  try {
    const made = await steps.up(ending.signal);
    const limit = tookTooLong ? `ended after its limit of ${formatDuration(buildMs)}; ` : "";
    const signalStatus = interruption.status();
    return signalStatus !== undefined && (made.failed ?? []).length > 0
      ? { ...builtOf(made, "interrupted; "), status: signalStatus }
      : builtOf(made, limit);
  } catch (error) {
    const signalStatus = interruption.status();
    if (signalStatus !== undefined) {
      return { status: signalStatus, line: "nightly: interrupted; no box was published" };
    }
    const reason = tookTooLong
      ? `ended after its limit of ${formatDuration(buildMs)}`
      : messageOf(error);
    return { status: 1, line: `nightly: no box was published: ${reason}` };
  } finally {
    clearTimeout(timer);
  }
}

/** @param ended why the build was ended before its time, if it was */
function builtOf({ what, places, table, failed = [] }: Made, ended: string): Build {
  const are = table === undefined ? "is" : "are";
  return failed.length > 0
    ? {
        status: 1,
        line: `nightly: ${ended}${what} ${are} published, not ${failed.join(", ")}`,
        table,
      }
    : { status: 0, line: `nightly: ${what} ${are} published: ${places.join(", ")}`, table };
}

/** @returns why the resources could not be removed, after the last attempt */
async function destroyWithRetries(
  steps: NightSteps,
  { destroyPausesMs }: NightLimits,
  buildFailed: boolean,
  announce: Announcer,
): Promise<string | undefined> {
  for (let attempt = 0; ; attempt++) {
    try {
      await steps.destroy(buildFailed || attempt > 0);
      return undefined;
    } catch (error) {
      const pause = destroyPausesMs[attempt];
      if (pause === undefined) return messageOf(error);
      announce.line(
        `nightly: destroying failed (${messageOf(error)}); again in ${formatDuration(pause)}`,
      );
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

function unchangedLine({ what, places }: Made): string {
  return `nightly: nothing has changed since ${what}, so nothing is published: ${places.join(", ")}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
