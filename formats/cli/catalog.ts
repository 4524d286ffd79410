/**
 * Adds a box to a catalog file, creating the catalog if it is missing.
 *
 *     node catalog.js --catalog out/demo/catalog.json --name demo --version 1.0.0 \
 *       --box out/demo/1.0.0/virtualbox-amd64.box
 *
 * `--url` is where Vagrant will find the box, by default the box file itself; `--sha256` is its
 * checksum if known, else the file is read; `--description` is the text of a new catalog. Prints one
 * JSON line: catalog, name, version, url, sha256, the number of versions, and whether the file changed.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { fileSha256 } from "../box/writer";
import { folderUrl, publishToFile } from "../catalog";
import { requiredFlags, runCommand } from "./command";

/** Does what this file's header says; returns the facts of the JSON line. */
export async function catalogCommand(
  args: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      catalog: { type: "string" },
      name: { type: "string" },
      version: { type: "string" },
      box: { type: "string" },
      url: { type: "string" },
      sha256: { type: "string" },
      description: { type: "string" },
    },
  });
  const needed = requiredFlags(values, ["catalog", "name", "version", "box"]);
  const path = resolve(needed.catalog);
  const box = resolve(needed.box);
  const entry = {
    name: needed.name,
    version: needed.version,
    url: values.url ?? folderUrl(box),
    sha256: values.sha256 ?? (await fileSha256(box)),
  };
  const { catalog, changed } = await publishToFile({
    catalog: path,
    ...entry,
    ...(values.description === undefined ? {} : { description: values.description }),
  });
  return { catalog: path, ...entry, versions: catalog.versions.length, changed };
}

runCommand(module, "catalog", catalogCommand);
