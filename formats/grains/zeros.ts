import { GRAIN_BYTES } from "../deflate/grainCompressor";

const ZEROS = Buffer.alloc(GRAIN_BYTES);

/** Whether all bytes are zero. */
export function isZero(bytes: Uint8Array): boolean {
  for (let start = 0; start < bytes.length; start += ZEROS.length) {
    const part = bytes.subarray(start, start + ZEROS.length);
    if (Buffer.compare(part, ZEROS.subarray(0, part.length)) !== 0) return false;
  }
  return true;
}
