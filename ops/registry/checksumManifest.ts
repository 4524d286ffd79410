/** A file of a version and its digest. */
export interface DigestedFile {
  /** Name in the version's folder. */
  readonly file: string;
  /** SHA-256, 64 hexadecimal digits. */
  readonly sha256: string;
}

/** `SHA256SUMS` as `sha256sum --check` reads it (GNU coreutils, "sha2 utilities", binary mode). */
export function checksumManifest(files: readonly DigestedFile[]): string {
  return [...files]
    .sort((a, b) => (a.file < b.file ? -1 : 1))
    .map(({ file, sha256 }) => `${sha256} *${file}\n`)
    .join("");
}
