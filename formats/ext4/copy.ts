import crypto from "node:crypto";
import fs from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { CONTROL, copyLoop } from "./copyLoop";
import type { CopyState } from "./copyLoop";
import { REQUESTS } from "./slowSource";

/** Told how far the copy is, in bytes. */
export type Progress = (doneBytes: number, totalBytes: number) => void;

/** Below this many jobs, starting threads takes longer than the copy. */
const JOBS_WORTH_A_THREAD = 32;
const LOOK_INTERVAL_MS = 50;
/** A part of the reading time above which the threads mostly wait for the source. */
const BLOCKED_SHARE = 0.5;
/** Reading time, in units of 100 microseconds, below which the share says nothing. */
const LEAST_READING = 400;

const THREAD_TEXT = `
  const { workerData } = require("node:worker_threads");
  (${copyLoop.toString()})(workerData, require("node:fs"), require("node:crypto"), ${JSON.stringify(CONTROL)});
`;

function runThread(state: CopyState): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(THREAD_TEXT, { eval: true, workerData: state, execArgv: [] });
    worker.once("error", (error) => {
      Atomics.store(state.control, CONTROL.stop, 1);
      reject(error instanceof Error ? error : new Error(String(error)));
    });
    worker.once("exit", () => resolve());
  });
}

/** Threads that copy: as many as cores, and up to {@link REQUESTS} while they mostly wait. */
class Crew {
  readonly threads: Promise<void>[] = [];
  private reading = 0;
  private blocked = 0;

  constructor(private readonly state: CopyState) {
    this.add(availableParallelism());
  }

  private add(count: number): void {
    for (let i = 0; i < count; i++) {
      const thread = runThread(this.state);
      // Whoever awaits the crew sees the failure; until then it must not count as unhandled.
      thread.catch(() => undefined);
      this.threads.push(thread);
    }
  }

  /** Called from time to time. */
  growIfWaiting(): void {
    const { control } = this.state;
    const reading = Atomics.load(control, CONTROL.reading);
    const blocked = Atomics.load(control, CONTROL.blocked);
    const newReading = (reading - this.reading) | 0;
    const newBlocked = (blocked - this.blocked) | 0;
    if (newReading < LEAST_READING) return;
    this.reading = reading;
    this.blocked = blocked;
    if (newBlocked < BLOCKED_SHARE * newReading) return;
    this.add(Math.min(this.threads.length, REQUESTS - this.threads.length));
  }

  /** When all threads have ended, those added meanwhile included; the first failure rejects. */
  async ended(): Promise<void> {
    for (let i = 0; i < this.threads.length; i++) await Promise.allSettled([this.threads[i]]);
    await Promise.all(this.threads);
  }
}

function sumOfLengths({ jobs }: CopyState): number {
  let sum = 0;
  for (let at = 1; at < jobs.length; at += 4) sum += jobs[at] ?? 0;
  return sum;
}

/**
 * Copies on all cores. Resolves when everything is written; rejects with the first error once all
 * threads have stopped, so that the caller may close the image.
 */
export async function copyAll(state: CopyState, progress: Progress): Promise<void> {
  const jobCount = state.jobs.length / 4;
  const total = sumOfLengths(state);
  const report = (): void =>
    progress(Atomics.load(state.control, CONTROL.blocksDone) * 4096, total);
  if (jobCount < JOBS_WORTH_A_THREAD) {
    copyLoop(state, fs, crypto, CONTROL);
    report();
    return;
  }
  const crew = new Crew(state);
  const timer = setInterval(() => {
    report();
    crew.growIfWaiting();
  }, LOOK_INTERVAL_MS);
  try {
    await crew.ended();
    report();
  } finally {
    clearInterval(timer);
  }
}
