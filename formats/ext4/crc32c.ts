const POLYNOMIAL = 0x82f63b78;

let tables: Uint32Array[] | undefined;

/** Eight tables of 256: table k advances a byte that k bytes follow. */
function makeTables(): Uint32Array[] {
  const made = Array.from({ length: 8 }, () => new Uint32Array(256));
  const [first] = made as [Uint32Array];
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    first[byte] = crc;
  }
  for (let k = 1; k < 8; k++) {
    const previous = made[k - 1] as Uint32Array;
    const table = made[k] as Uint32Array;
    for (let byte = 0; byte < 256; byte++) {
      const crc = previous[byte] as number;
      table[byte] = (first[crc & 255] as number) ^ (crc >>> 8);
    }
  }
  return made;
}

/**
 * CRC-32C (Castagnoli), slicing by eight, as ext4 uses it: the running value goes in and out
 * without the customary final inversion. Start with {@link CRC_START}.
 */
export function crc32c(crc: number, bytes: Uint8Array): number {
  tables ??= makeTables();
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  const at = bytes as unknown as ArrayLike<number> & Record<number, number>;
  const get = (table: Uint32Array, index: number): number => table[index] as number;
  const wholeEnd = bytes.length - (bytes.length % 8);
  let value = crc;
  let i = 0;
  for (; i < wholeEnd; i += 8) {
    value ^=
      (at[i] as number) |
      ((at[i + 1] as number) << 8) |
      ((at[i + 2] as number) << 16) |
      ((at[i + 3] as number) << 24);
    value =
      get(t7, value & 255) ^
      get(t6, (value >>> 8) & 255) ^
      get(t5, (value >>> 16) & 255) ^
      get(t4, value >>> 24) ^
      get(t3, at[i + 4] as number) ^
      get(t2, at[i + 5] as number) ^
      get(t1, at[i + 6] as number) ^
      get(t0, at[i + 7] as number);
  }
  for (; i < bytes.length; i++) {
    value = get(t0, (value ^ (at[i] as number)) & 255) ^ (value >>> 8);
  }
  return value >>> 0;
}

/** Where every checksum of the file system starts. */
export const CRC_START = 0xffffffff;

/** Continues a checksum over one little-endian 32-bit number. */
export function crc32cOfNumber(crc: number, value: number): number {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return crc32c(crc, bytes);
}
