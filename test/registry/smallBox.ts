import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

import { boxInfo, boxMetadata, boxVagrantfile, DISK_NAME, writeBox } from "../../formats/box";
import type { Publication } from "../../ops/publish/publish";

/** A box that Vagrant adds, with a disk of a few bytes, as a publication of a version. */
export async function smallBox(
  folder: string,
  name: string,
  version: string,
): Promise<Publication> {
  const file = path.join(folder, `${version}.box`);
  await writeBox(file, {
    metadata: boxMetadata({ provider: "virtualbox", architecture: "amd64" }),
    info: boxInfo({ source: "a test", version }),
    vagrantfile: boxVagrantfile([]),
    descriptor: (diskBytes) => `<Envelope size="${diskBytes}"/>\n`,
    diskName: DISK_NAME,
    writeDisk: async (sink) => {
      await sink.append(Buffer.alloc(4096, version));
      return "none";
    },
    epoch: 0,
  });
  const sha256 = createHash("sha256").update(fs.readFileSync(file)).digest("hex");
  return {
    name,
    version,
    description: "A demo",
    boxes: [{ file, sha256, provider: "virtualbox", architecture: "amd64" }],
    provenance: { recipe: version },
    stages: [],
  };
}
