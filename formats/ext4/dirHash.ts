/** Hash version number of half MD4 in the superblock and in directory indexes. */
export const HALF_MD4 = 1;

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));
const F = (x: number, y: number, z: number): number => z ^ (x & (y ^ z));
const G = (x: number, y: number, z: number): number => (x & y) + ((x ^ y) & z);
const H = (x: number, y: number, z: number): number => x ^ y ^ z;

interface Round {
  readonly mix: (x: number, y: number, z: number) => number;
  readonly add: number;
  readonly order: readonly number[];
  readonly shifts: readonly [number, number, number, number];
}

const ROUNDS: readonly Round[] = [
  { mix: F, add: 0, order: [0, 1, 2, 3, 4, 5, 6, 7], shifts: [3, 7, 11, 19] },
  { mix: G, add: 0x5a827999, order: [1, 3, 5, 7, 0, 2, 4, 6], shifts: [3, 5, 9, 13] },
  { mix: H, add: 0x6ed9eba1, order: [3, 7, 2, 6, 1, 5, 0, 4], shifts: [3, 9, 11, 15] },
];

type State = [number, number, number, number];

/** The three-round cut of MD4 over eight words. */
function transform(state: State, words: Int32Array): void {
  let [a, b, c, d] = state;
  for (const { mix, add, order, shifts } of ROUNDS) {
    for (let i = 0; i < 8; i++) {
      const word = words[order[i] as number] as number;
      const sum = (a + mix(b, c, d) + word + add) | 0;
      const rotated = rotate(sum, shifts[i % 4] as number);
      [a, b, c, d] = [d, rotated, b, c];
    }
  }
  state[0] = (state[0] + a) | 0;
  state[1] = (state[1] + b) | 0;
  state[2] = (state[2] + c) | 0;
  state[3] = (state[3] + d) | 0;
}

/** Eight words from up to 32 bytes of the name, the rest filled with its length. */
function wordsOf(name: Buffer, from: number): Int32Array {
  const left = name.length - from;
  const fill = (left & 0xff) * 0x01010101;
  const words = new Int32Array(8).fill(fill);
  const usable = Math.min(left, 32);
  let value = fill;
  for (let i = 0; i < usable; i++) {
    value = (name[from + i] as number) + (value << 8);
    if (i % 4 === 3) {
      words[i >> 2] = value;
      value = fill;
    }
  }
  if (usable % 4 !== 0) words[usable >> 2] = value;
  return words;
}

/**
 * The hash by which an indexed directory finds a name: half MD4 with unsigned characters, the lowest
 * bit cleared. `seed` is the file system's hash seed (16 bytes).
 * Source: kernel documentation, filesystems/ext4, "Hash Tree Directories".
 */
export function dirHash(name: Buffer, seed: Buffer): number {
  const words = [0, 4, 8, 12].map((at) => seed.readInt32LE(at));
  const unset = words.every((word) => word === 0);
  const state = (unset ? [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] : words) as State;
  for (let from = 0; from < name.length; from += 32) transform(state, wordsOf(name, from));
  const hash = (state[1] & ~1) >>> 0;
  // The greatest hash marks the end of a directory for readers.
  return hash === 0xfffffffe ? 0xfffffffc : hash;
}
