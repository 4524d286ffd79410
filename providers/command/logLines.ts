/** The longest line the official plugin can log, in bytes without the newline: one less than Go's scanner buffer. */
const LONGEST_LINE = 64 * 1024 - 1;

/**
 * Splits a byte stream into lines for the log, as Go's `bufio.ScanLines` does: a carriage return before the newline is
 * dropped, and a last line needs no newline. The bytes of stdout and stderr go through one splitter in the order they
 * arrive.
 */
export class LogLines {
  #parts: Buffer[] = [];
  #length = 0;

  constructor(private readonly log: (line: string) => void) {}

  /** Takes a chunk; false if a line is too long to be logged, after which nothing more is. */
  push(chunk: Buffer): boolean {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      this.#keep(chunk.subarray(start, end));
      if (this.#length > LONGEST_LINE) {
        return false;
      }
      this.#emit();
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return this.#length <= LONGEST_LINE;
  }

  /** Logs what came after the last newline; to be called at the end of the stream. */
  end(): void {
    if (this.#length > 0) {
      this.#emit();
    }
  }

  #emit(): void {
    this.log(Buffer.concat(this.#parts).toString().replace(/\r$/, ""));
    this.#parts = [];
    this.#length = 0;
  }

  #keep(part: Buffer): void {
    this.#parts.push(part);
    this.#length += part.length;
  }
}
