import { createHash, randomBytes } from "node:crypto";

/** A source of whole numbers, evenly spread over 0 up to but without `bound` (1 to 2^48). */
export type Pick = (bound: number) => number;

/**
 * Picks from cryptographic randomness, or, given a seed, always the same numbers for the same seed: the SHA-256 of the
 * seed and a counter. The official plugin draws other numbers from a seed.
 */
export function picker(seed?: string): Pick {
  let counter = 0;
  const draw = (): number => {
    if (seed === undefined) {
      return randomBytes(6).readUIntBE(0, 6);
    }
    counter += 1;
    return createHash("sha256")
      .update(`${String(counter)}\0${seed}`)
      .digest()
      .readUIntBE(0, 6);
  };
  return (bound) => {
    const even = 2 ** 48 - (2 ** 48 % bound);
    let number = draw();
    while (number >= even) {
      number = draw();
    }
    return number % bound;
  };
}

/** `items` in random order. */
export function shuffled<T>(items: readonly T[], pick: Pick): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = pick(last + 1);
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}

/** `count` characters of `alphabet`, each drawn on its own. */
export function characters(alphabet: string, count: number, pick: Pick): string[] {
  return Array.from({ length: count }, () => alphabet.charAt(pick(alphabet.length)));
}

/** A version 7 UUID (RFC 9562 section 5.7) of the time `milliseconds` since 1970. */
export function uuid7(milliseconds: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(milliseconds, 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
