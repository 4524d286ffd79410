import { checkRange, type Extent } from "../blockSource";
import { GRAIN_BYTES } from "../deflate/grainCompressor";

/** Ranges of the disk that grains cover, neighbours joined. The numbers must ascend. */
export function extentsOf(grains: Iterable<number>, capacity: number): Extent[] {
  const extents: { offset: number; length: number }[] = [];
  for (const grain of grains) {
    const offset = grain * GRAIN_BYTES;
    if (offset >= capacity) break;
    const length = Math.min(GRAIN_BYTES, capacity - offset);
    const last = extents.at(-1);
    if (last && last.offset + last.length === offset) last.length += length;
    else extents.push({ offset, length });
  }
  return extents;
}

/**
 * Fills the whole of `buffer` from `position` on, grain by grain.
 *
 * @param contentOf content of a grain; undefined for zeros
 * @throws Error when the range is not wholly within `capacity`
 */
export function readGrains(
  buffer: Buffer,
  position: number,
  capacity: number,
  contentOf: (grain: number) => Buffer | undefined,
): void {
  checkRange(capacity, position, buffer.length);
  for (let done = 0; done < buffer.length;) {
    const within = (position + done) % GRAIN_BYTES;
    const length = Math.min(GRAIN_BYTES - within, buffer.length - done);
    const content = contentOf((position + done - within) / GRAIN_BYTES);
    if (content) content.copy(buffer, done, within, within + length);
    else buffer.fill(0, done, done + length);
    done += length;
  }
}
