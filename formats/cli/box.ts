/**
 * Makes a box from a raw disk.
 *
 *     node box.js --disk disk.raw --out demo.box --settings settings.json
 *
 * `settings.json` holds the fields of BoxSettings (formats/box/settings.ts), of which name, version and
 * epoch must be there:
 *
 *     { "name": "acme/demo", "version": "1.0.0", "epoch": 1700000000, "hardware": { "cpus": 4 } }
 *
 * The box must not exist; nothing is left of it if it cannot be finished. Tells how far it is on stderr
 * and prints one JSON line: path, inputBytes (data in the disk), outputBytes (the box), sha256, seconds,
 * capacity (of the guest's disk), where the disk lies in the box, and the compressor.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildBox } from "../box/build";
import { boxSettings } from "../box/settings";
import { lineTeller, progressTeller, requiredFlags, runCommand } from "./command";

async function readSettings(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${path} cannot be read as JSON: ${reason}`, { cause: error });
  }
}

/** Does what this file's header says; returns the facts of the JSON line. */
export async function boxCommand(
  args: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      disk: { type: "string" },
      out: { type: "string" },
      settings: { type: "string" },
    },
  });
  const { disk, out, settings } = requiredFlags(values, ["disk", "out", "settings"]);
  const started = performance.now();
  const built = await buildBox({
    disk,
    out: resolve(out),
    settings: boxSettings(await readSettings(settings)),
    onProgress: progressTeller("box", "compressing"),
    log: lineTeller("box"),
  });
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  return { path: resolve(out), ...built, seconds };
}

runCommand(module, "box", boxCommand);
