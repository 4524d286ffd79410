/** Bytes for a place in the file system. */
export interface PlacedBytes {
  /** Bytes from the start of the file system. */
  readonly offset: number;
  readonly bytes: Buffer;
}

/** Joins neighbours, so that they are written in one go; sorted by place. */
export function joined(pieces: readonly PlacedBytes[]): PlacedBytes[] {
  const sorted = [...pieces].sort((a, b) => a.offset - b.offset);
  const result: PlacedBytes[] = [];
  let group: Buffer[] = [];
  let start = 0;
  let end = -1;
  const close = (): void => {
    if (group.length > 0) result.push({ offset: start, bytes: Buffer.concat(group) });
  };
  for (const { offset, bytes } of sorted) {
    if (offset !== end) {
      close();
      group = [];
      start = offset;
    }
    group.push(bytes);
    end = offset + bytes.length;
  }
  close();
  return result;
}
