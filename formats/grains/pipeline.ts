import type { BlockSource } from "../blockSource";
import { openEngine, type DeflateEngine } from "../deflate/engines";
import { messageOf } from "./errors";
import type { GrainFraming } from "./framing";
import {
  compressWindow,
  readWindow,
  WINDOW_BYTES,
  WINDOW_OUTPUT_BYTES,
  type CompressedWindow,
  type GrainWindow,
} from "./windows";
import { startGrainThread, type GrainAnswer, type GrainThread } from "./worker";

/** A compressed window handed to the consumer, in the order of the disk. */
export interface WindowResult extends CompressedWindow {
  readonly window: GrainWindow;
  /** The grains as they go into the file; only valid until the consumer is done. */
  readonly chunk: Buffer;
}

/** How grains are compressed: all that a thread needs to know besides the disk. */
export interface GrainWork {
  readonly engine: DeflateEngine;
  readonly framing: GrainFraming;
}

/** Takes one window; the next is handed over when its promise resolves. */
export type WindowConsumer = (result: WindowResult) => void | Promise<void>;

/** Jobs a thread may have at once: one in work and one waiting. */
const JOBS_PER_THREAD = 2;
/** Output buffers a thread: its jobs, and as many done that wait for their turn. */
const BUFFERS_PER_THREAD = 4;

/**
 * Reads and compresses windows on `threads` worker threads (0: in the calling thread) and hands
 * them to `consume` in order. Memory is about 10 MiB a thread whatever the size of the disk: a
 * consumer that is slow stops the threads.
 *
 * @throws Error the first failure of a read, a thread or the consumer; all threads have ended then
 */
export async function compressWindows(
  source: BlockSource,
  windows: Iterable<GrainWindow>,
  work: GrainWork,
  threads: number,
  consume: WindowConsumer,
): Promise<void> {
  if (threads === 0) return compressHere(source, windows, work, consume);
  const pool = new GrainPool(source, windows, work, threads);
  try {
    await pool.run(consume);
  } finally {
    await pool.end();
  }
}

async function compressHere(
  source: BlockSource,
  windows: Iterable<GrainWindow>,
  { engine, framing }: GrainWork,
  consume: WindowConsumer,
): Promise<void> {
  const compressor = openEngine(engine);
  if (!compressor) throw new Error(`The compression library ${engine.library} cannot be loaded.`);
  try {
    const input = Buffer.alloc(WINDOW_BYTES);
    const output = Buffer.alloc(WINDOW_OUTPUT_BYTES);
    for (const window of windows) {
      readWindow(source, window, input);
      const done = compressWindow(window, input, compressor, framing, output);
      await consume({ ...done, window, chunk: output.subarray(0, done.bytes) });
    }
  } finally {
    compressor.close();
  }
}

type Done = GrainAnswer & { readonly sequence: number };
interface JobBuffers {
  readonly output: ArrayBuffer;
  readonly input?: ArrayBuffer;
}

class GrainPool {
  private readonly windows: Iterator<GrainWindow>;
  private readonly threads: { thread: GrainThread; jobs: number }[] = [];
  private readonly free: JobBuffers[] = [];
  private readonly done = new Map<number, Done>();
  private sent = 0;
  private exhausted = false;
  private failure: Error | undefined;
  private wake: () => void = () => undefined;

  constructor(
    private readonly source: BlockSource,
    windows: Iterable<GrainWindow>,
    work: GrainWork,
    threads: number,
  ) {
    this.windows = windows[Symbol.iterator]();
    for (let number = 1; number <= threads; number += 1) {
      const entry = { thread: startGrainThread(work, source.locator), jobs: 0 };
      this.threads.push(entry);
      const { worker } = entry.thread;
      worker.on("message", (answer: GrainAnswer) => {
        entry.jobs -= 1;
        if ("failure" in answer) this.fail(answer.failure);
        else this.done.set(answer.sequence, answer);
        this.dispatch();
        this.wake();
      });
      worker.on("error", (error) => this.fail(messageOf(error)));
      worker.on("exit", () => this.fail(`thread ${number} ended unexpectedly`));
    }
    for (let buffer = 0; buffer < threads * BUFFERS_PER_THREAD; buffer += 1) {
      const output = new ArrayBuffer(WINDOW_OUTPUT_BYTES);
      this.free.push(
        source.locator ? { output } : { output, input: new ArrayBuffer(WINDOW_BYTES) },
      );
    }
  }

  async run(consume: WindowConsumer): Promise<void> {
    for (let sequence = 0; ; sequence += 1) {
      this.dispatch();
      if (sequence === this.sent && this.exhausted) break;
      const answer = await this.take(sequence);
      const { window, output, input, bytes, grainBytes } = answer;
      await consume({ window, bytes, grainBytes, chunk: Buffer.from(output, 0, bytes) });
      this.free.push(input ? { output, input } : { output });
    }
  }

  async end(): Promise<void> {
    for (const { thread } of this.threads) thread.worker.removeAllListeners();
    await Promise.all(this.threads.map(({ thread }) => thread.worker.terminate()));
  }

  /** Gives work to the least busy threads while there is work, a buffer and a thread to take it. */
  private dispatch(): void {
    while (!this.exhausted && !this.failure && this.free.length > 0) {
      const idlest = this.threads.reduce((a, b) => (b.jobs < a.jobs ? b : a));
      if (idlest.jobs >= JOBS_PER_THREAD) return;
      try {
        const next = this.windows.next();
        if (next.done) {
          this.exhausted = true;
          return;
        }
        const buffers = this.free.pop() as JobBuffers;
        if (buffers.input) readWindow(this.source, next.value, Buffer.from(buffers.input));
        idlest.thread.send({ sequence: this.sent, window: next.value, ...buffers });
        idlest.jobs += 1;
        this.sent += 1;
      } catch (error) {
        this.fail(messageOf(error));
      }
    }
  }

  private async take(sequence: number): Promise<Exclude<Done, { failure: string }>> {
    for (;;) {
      if (this.failure) throw this.failure;
      const answer = this.done.get(sequence);
      if (answer && !("failure" in answer)) {
        this.done.delete(sequence);
        return answer;
      }
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  private fail(message: string): void {
    this.failure ??= new Error(`Compressing the disk failed: ${message}`);
    this.wake();
  }
}
