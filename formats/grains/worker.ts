import {
  isMainThread,
  parentPort,
  receiveMessageOnPort,
  Worker,
  workerData,
} from "node:worker_threads";
import { openLocator, type SourceLocator } from "../blockSource";
import { openEngine } from "../deflate/engines";
import { messageOf } from "./errors";
import type { GrainWork } from "./pipeline";
import { compressWindow, readWindow, WINDOW_BYTES, type GrainWindow } from "./windows";

/** What a worker thread is started with. */
interface GrainWorkerData {
  readonly ami2boxThread: "grain-worker";
  readonly work: GrainWork;
  /** Undefined when each job brings its bytes. */
  readonly locator: SourceLocator | undefined;
  /** Counts the jobs sent: the worker sleeps on it. */
  readonly jobsSent: SharedArrayBuffer;
}

/** A window to compress into `output`. Both buffers go to the worker and come back. */
export interface GrainJob {
  readonly sequence: number;
  readonly window: GrainWindow;
  readonly output: ArrayBuffer;
  /** Content of the window when the worker cannot read the source itself. */
  readonly input?: ArrayBuffer;
}

/** What a worker answers. */
export type GrainAnswer =
  | (GrainJob & { readonly bytes: number; readonly grainBytes: number[] })
  | { readonly failure: string };

/** A thread that takes jobs and posts {@link GrainAnswer}s as its messages. */
export interface GrainThread {
  readonly worker: Worker;
  send(job: GrainJob): void;
}

/**
 * Starts a worker thread.
 *
 * The thread runs this very file again, which may be a bundle of a whole program: on import it
 * finds its role in `workerData` and serves jobs until it is terminated, without ever returning to
 * the rest of the bundle. The only condition is that the program imports this module statically.
 */
export function startGrainThread(work: GrainWork, locator: SourceLocator | undefined): GrainThread {
  if (isGrainWorker()) throw new Error("A grain worker cannot start another grain worker.");
  const jobsSent = new SharedArrayBuffer(4);
  const data: GrainWorkerData = { ami2boxThread: "grain-worker", work, locator, jobsSent };
  const typescript = __filename.endsWith(".ts");
  const worker = new Worker(__filename, {
    workerData: data,
    ...(typescript ? { execArgv: ["--require", "ts-node/register/transpile-only"] } : {}),
  });
  const counter = new Int32Array(jobsSent);
  return {
    worker,
    send(job) {
      worker.postMessage(job, job.input ? [job.output, job.input] : [job.output]);
      Atomics.add(counter, 0, 1);
      Atomics.notify(counter, 0);
    },
  };
}

function isGrainWorker(): boolean {
  const data = workerData as Partial<GrainWorkerData> | null;
  return !isMainThread && data?.ami2boxThread === "grain-worker";
}

/** Serves jobs until the thread is terminated; answers with the first failure and then stops. */
function serve(data: GrainWorkerData): void {
  const port = parentPort;
  if (!port) return;
  try {
    const source = data.locator && openLocator(data.locator);
    const { engine, framing } = data.work;
    const compressor = openEngine(engine);
    if (!compressor) throw new Error(`${engine.library} cannot be loaded in this thread.`);
    const ownInput = Buffer.alloc(source ? WINDOW_BYTES : 0);
    const counter = new Int32Array(data.jobsSent);
    for (;;) {
      const seen = Atomics.load(counter, 0);
      const received = receiveMessageOnPort(port) as { message: GrainJob } | undefined;
      if (!received) {
        Atomics.wait(counter, 0, seen);
        continue;
      }
      const job = received.message;
      const input = job.input ? Buffer.from(job.input) : ownInput;
      if (source && !job.input) readWindow(source, job.window, input);
      const done = compressWindow(job.window, input, compressor, framing, Buffer.from(job.output));
      const answer: GrainAnswer = { ...job, ...done };
      port.postMessage(answer, job.input ? [job.output, job.input] : [job.output]);
    }
  } catch (error) {
    const answer: GrainAnswer = { failure: messageOf(error) };
    port.postMessage(answer);
    process.exit();
  }
}

if (isGrainWorker()) serve(workerData as GrainWorkerData);
