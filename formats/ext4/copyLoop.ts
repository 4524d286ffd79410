import type { CopyJob } from "./copyJobs";

/** What the threads share. All arrays lie in shared memory. */
export interface CopyState {
  /** The image, open for writing; descriptors belong to the process, not to a thread. */
  readonly fd: number;
  /** Bytes of the image before the file system. */
  readonly start: number;
  /** Four numbers a job: offset, length, first piece, number of pieces. */
  readonly jobs: Float64Array;
  /** Five numbers a piece: path offset, path length, from, length, at. */
  readonly pieces: Float64Array;
  readonly paths: Uint8Array;
  /** SHA-256 of every job's bytes, 32 bytes each. */
  readonly digests: Uint8Array;
  /** Numbers at the places of {@link CONTROL}. */
  readonly control: Int32Array;
  /** Bytes of the longest job. */
  readonly bufferBytes: number;
}

/** What the threads count together. The last two are in units of 100 microseconds and may wrap around. */
export const CONTROL = { nextJob: 0, blocksDone: 1, stop: 2, reading: 3, blocked: 4 } as const;

/** Puts jobs into shared memory. */
export function shareJobs(jobs: readonly CopyJob[], fd: number, start: number): CopyState {
  const pieceCount = jobs.reduce((sum, job) => sum + job.pieces.length, 0);
  const pathBytes = jobs.reduce(
    (sum, job) => sum + job.pieces.reduce((bytes, piece) => bytes + piece.path.length, 0),
    0,
  );
  const state: CopyState = {
    fd,
    start,
    jobs: new Float64Array(new SharedArrayBuffer(jobs.length * 4 * 8)),
    pieces: new Float64Array(new SharedArrayBuffer(pieceCount * 5 * 8)),
    paths: new Uint8Array(new SharedArrayBuffer(pathBytes)),
    digests: new Uint8Array(new SharedArrayBuffer(jobs.length * 32)),
    control: new Int32Array(new SharedArrayBuffer(Object.keys(CONTROL).length * 4)),
    bufferBytes: jobs.reduce((most, job) => Math.max(most, job.length), 0),
  };
  let piece = 0;
  let pathAt = 0;
  jobs.forEach(({ offset, length, pieces }, i) => {
    state.jobs.set([offset, length, piece, pieces.length], i * 4);
    for (const { path, from, length: bytes, at } of pieces) {
      state.pieces.set([pathAt, path.length, from, bytes, at], piece * 5);
      state.paths.set(path, pathAt);
      pathAt += path.length;
      piece++;
    }
  });
  return state;
}

/**
 * Takes one job after another until none is left: reads the pieces into a buffer, hashes it, writes it.
 *
 * Threads get this function as text, so that they start alike under ts-node and from a bundle: it must use nothing but
 * its parameters.
 */
export function copyLoop(
  state: CopyState,
  fs: typeof import("node:fs"),
  crypto: typeof import("node:crypto"),
  places: typeof CONTROL,
): void {
  const { jobs, pieces, control } = state;
  const buffer = Buffer.allocUnsafeSlow(state.bufferBytes);
  const jobCount = jobs.length / 4;

  const readPiece = (piece: number): number => {
    const numbers = pieces.subarray(piece * 5, piece * 5 + 5) as unknown as number[];
    const [pathAt, pathLength, from, length, at] = numbers as [
      number,
      number,
      number,
      number,
      number,
    ];
    const path = Buffer.from(state.paths.slice(pathAt, pathAt + pathLength));
    const file = fs.openSync(path, "r");
    try {
      let done = 0;
      while (done < length) {
        const read = fs.readSync(file, buffer, at + done, length - done, from + done);
        if (read === 0) {
          throw new Error(`${path.toString()} became shorter than ${from + length} bytes`);
        }
        done += read;
      }
    } finally {
      fs.closeSync(file);
    }
    return at + length;
  };

  /** Nanoseconds for which this thread was not blocked (proc(5), `schedstat`); NaN if not told. */
  const readyNs = (): number => {
    try {
      const words = fs.readFileSync("/proc/thread-self/schedstat", "latin1").split(" ");
      return Number(words[0]) + Number(words[1]);
    } catch {
      return NaN;
    }
  };

  /** A long job on a slow source must not keep it secret until its end. */
  const tellEveryMs = 20;
  let startedAt = 0;
  let readyAtStart = 0;
  const startReading = (): void => {
    startedAt = performance.now();
    readyAtStart = readyNs();
  };
  const countReading = (): void => {
    const reading = performance.now() - startedAt;
    const blocked = Math.max(0, reading - (readyNs() - readyAtStart) / 1e6) || 0;
    Atomics.add(control, places.reading, Math.round(reading * 10));
    Atomics.add(control, places.blocked, Math.round(blocked * 10));
    startReading();
  };

  for (;;) {
    const job = Atomics.add(control, places.nextJob, 1);
    if (job >= jobCount || Atomics.load(control, places.stop) === 1) return;
    const numbers = jobs.subarray(job * 4, job * 4 + 4) as unknown as number[];
    const [offset, length, first, count] = numbers as [number, number, number, number];
    startReading();
    for (let piece = first; piece < first + count; piece++) {
      const end = readPiece(piece);
      buffer.fill(0, end, Math.min(Math.ceil(end / 4096) * 4096, length));
      if (performance.now() - startedAt > tellEveryMs) countReading();
    }
    countReading();
    const bytes = buffer.subarray(0, length);
    state.digests.set(crypto.createHash("sha256").update(bytes).digest(), job * 32);
    let done = 0;
    while (done < length) {
      const at = state.start + offset + done;
      done += fs.writeSync(state.fd, bytes, done, length - done, at);
    }
    Atomics.add(control, places.blocksDone, length / 4096);
  }
}
