/** Takes a disk image while it is made. */
export interface ImageSink {
  /**
   * Takes the next bytes. The chunk is only valid until the returned promise resolves (or until the
   * function returns, when it returns none): copy what must live longer.
   */
  append(chunk: Buffer): void | Promise<void>;
  /** Replaces bytes appended before, from byte `position` of the image on; the same holds for the chunk. */
  rewrite(position: number, chunk: Buffer): void | Promise<void>;
}
