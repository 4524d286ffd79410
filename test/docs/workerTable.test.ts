import { strict as assert } from "node:assert";
import * as fs from "node:fs";
import * as path from "node:path";

const root = path.resolve(__dirname, "../..");
const read = (file: string): string => fs.readFileSync(path.join(root, file), "utf8");

const PURPOSES: Readonly<Record<string, string>> = {
  "every box": "box",
  "image files": "image",
  "fresh Debian": "debian",
  "boot proof": "boot-proof",
  "box for EFI": "efi",
  "its boot proof": "boot-proof-efi",
  "box for ARM": "arm64",
};

/** `PURPOSE PACKAGE` of each row of the list that a worker is prepared by. */
function listed(): string[] {
  return read("scripts/worker/packages.txt")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(/ +/))
    .map(([purpose, , , apt]) => `${purpose} ${apt}`);
}

/** The same of the table for people. */
function documented(): string[] {
  return [...read("docs/worker.md").matchAll(/^\| ([^|]+?) +\| `([^`]+)`/gm)].map(
    ([, purpose, name]) => `${PURPOSES[purpose as string] ?? purpose} ${name}`,
  );
}

describe("the table of a worker's tools", () => {
  it("names the packages that a worker is given, each once, and no other", () => {
    // The boot proof needs one that images need too: the table has it once.
    const packages = listed().filter((row) => row !== "boot-proof qemu-utils");
    assert.deepEqual(documented().sort(), packages.sort());
  });

  it("has no VirtualBox in it", () => {
    assert.ok(listed().length > 10);
    assert.deepEqual(
      listed().filter((row) => /virtualbox/i.test(row)),
      [],
    );
  });

  it("says for each what it downloads", () => {
    const rows = read("docs/worker.md").match(/^\| .*`.*\|$/gm) ?? [];
    for (const row of rows) assert.match(row, /\| \d+\.\d MB +\| (\d+\.\d MB|there already) +\|$/);
  });
});
