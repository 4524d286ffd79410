import { createHash } from "node:crypto";

import { openRawFile } from "../../formats/blockSource";

/** A digest of a sparse file: where its data lies, and the data. */
export function digestOfData(file: string): string {
  const source = openRawFile(file);
  const hash = createHash("sha256");
  try {
    for (const { offset, length } of source.dataExtents()) {
      hash.update(`${offset}+${length}\n`);
      for (let done = 0; done < length;) {
        const chunk = Buffer.alloc(Math.min(length - done, 4 << 20));
        source.readSync(chunk, offset + done);
        hash.update(chunk);
        done += chunk.length;
      }
    }
  } finally {
    source.close();
  }
  return hash.digest("hex");
}
