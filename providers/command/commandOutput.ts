import type { ResourceLog } from "../lib/engineLog";
import type { CommandOutput, CommonInputs } from "./commandInputs";
import { goQuote } from "./goText";
import { LogLines } from "./logLines";

/** Gathers what a command prints: for state, for the error message, and line by line for the log. */
export class OutputCollector {
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  readonly #both: Buffer[] = [];
  readonly #lines: LogLines;
  #tooLong = false;

  /** `onTooLong` is called once, at the first line that cannot be logged. */
  constructor(
    private readonly logging: CommonInputs["logging"],
    private readonly log: ResourceLog,
    private readonly onTooLong: () => void,
  ) {
    this.#lines = new LogLines((line) => {
      log.status(line);
    });
  }

  take(stream: "stdout" | "stderr", chunk: Buffer): void {
    (stream === "stdout" ? this.#stdout : this.#stderr).push(chunk);
    this.#both.push(chunk);
    const logged = this.logging ?? "stdoutAndStderr";
    if (this.#tooLong || (logged !== "stdoutAndStderr" && logged !== stream)) {
      return;
    }
    if (!this.#lines.push(chunk)) {
      this.#tooLong = true;
      this.onTooLong();
    }
  }

  /**
   * The output of the finished `command`, once all of it is logged.
   *
   * @throws Error in the words of the official plugin if `failure` says how the command failed, or if a line was too
   *   long, which makes the official plugin hang for ever.
   */
  async finish(command: string, failure: string | undefined): Promise<CommandOutput> {
    const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString();
    if (this.#tooLong) {
      throw new Error(
        `a line of 65536 bytes or more was printed while output is logged, which makes the official command plugin ` +
          `hang for ever; redirect the output to a file or set logging to "none": running ${goQuote(command)}`,
      );
    }
    this.#lines.end();
    await this.log.flush();
    if (failure !== undefined) {
      throw new Error(`${failure}: running ${goQuote(command)}:\n${text(this.#both)}`);
    }
    const trimmed = (chunks: Buffer[]): string => text(chunks).replace(/\n$/, "");
    return { stdout: trimmed(this.#stdout), stderr: trimmed(this.#stderr) };
  }
}
