/** Receives one line a time, without the line end. */
export type Log = (line: string) => void;

/** Where set-up says what it does. */
export interface Announcer {
  /** A line that stays. */
  readonly line: Log;
  /** What is going on now; a terminal shows the latest in place, a file gets one every 15 s. */
  readonly progress: Log;
}

const QUIET_INTERVAL_MS = 15_000;

/** Announces on a stream, normally standard error: standard output is for results. */
export function announceOn(stream: NodeJS.WriteStream): Announcer {
  let lastProgress = Date.now();
  let shown = false;
  const clear = (): void => {
    if (shown) stream.write("\r\x1b[K");
    shown = false;
  };
  return {
    line: (line) => {
      clear();
      stream.write(`${line}\n`);
    },
    progress: (line) => {
      if (stream.isTTY) {
        clear();
        stream.write(line.slice(0, Math.max(20, stream.columns - 1)));
        shown = true;
      } else if (Date.now() - lastProgress >= QUIET_INTERVAL_MS) {
        lastProgress = Date.now();
        stream.write(`${line}\n`);
      }
    },
  };
}

/** A duration for people: `4 s`, `3 min 05 s`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}
