/** Tells a run that the user wants it to end, and how. */
export interface Interruption {
  /** Aborts the engine where the engine was not told by the terminal itself. */
  readonly signal: AbortSignal;
  /** Exit status a shell expects after the signal that came; undefined while none has. */
  readonly status: () => number | undefined;
}

/**
 * Keeps this process alive through a signal, so that the engine can end its stages first.
 *
 * @param announce told once, when the first signal comes
 */
export function watchForInterruption(announce: (line: string) => void): Interruption {
  const controller = new AbortController();
  let status: number | undefined;
  const note = (signalNumber: number): void => {
    if (status === undefined) announce("Ending the stage at work; this takes a few seconds.");
    status ??= 128 + signalNumber;
  };
  // Ctrl-C reaches the engine too, as it belongs to the same terminal; a second signal from here
  // would make it drop everything at once.
  process.on("SIGINT", () => note(2));
  for (const [name, number] of [
    ["SIGTERM", 15],
    ["SIGHUP", 1],
  ] as const) {
    process.on(name, () => {
      note(number);
      controller.abort();
    });
  }
  return { signal: controller.signal, status: () => status };
}
