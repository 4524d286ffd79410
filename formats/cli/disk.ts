/**
 * Makes a raw disk with an ext4 root file system and GRUB from a directory tree, mounting nothing.
 *
 *     node disk.js --tree /mnt/root --out disk.raw.part --size 42949672960 \
 *       --fs-uuid 2f6b7d0e-0c1d-4a57-9d59-5e7f6f1f3c11 --epoch 1700000000 \
 *       --boot-img /usr/lib/grub/i386-pc/boot.img --core-img core.img --esp-img esp.img --label root
 *
 * The images and the label may be left out. `--out` is replaced if it exists, and removed after a
 * failure. Tells how far it is on stderr and prints one JSON line: path, contentBytes, allocatedBytes,
 * fsUuid, rootOffset, inodes, sha256 (of the content, see WrittenDisk in formats/ext4/disk.ts), seconds.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { useManyRequests } from "../ext4/slowSource";
import { writeDisk } from "../ext4/disk";
import { progressTeller, requiredFlags, runCommand } from "./command";

/** Does what this file's header says; returns the facts of the JSON line. */
export async function diskCommand(
  args: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tree: { type: "string" },
      out: { type: "string" },
      size: { type: "string" },
      "fs-uuid": { type: "string" },
      epoch: { type: "string" },
      label: { type: "string" },
      "boot-img": { type: "string" },
      "core-img": { type: "string" },
      "esp-img": { type: "string" },
    },
  });
  const needed = requiredFlags(values, ["tree", "out", "size", "fs-uuid", "epoch"]);
  const started = performance.now();
  const path = resolve(needed.out);
  useManyRequests();
  const settings = {
    tree: resolve(needed.tree),
    out: path,
    sizeBytes: Number(needed.size),
    fsUuid: needed["fs-uuid"],
    epoch: Number(needed.epoch),
    label: values.label,
    bootImg: values["boot-img"],
    coreImg: values["core-img"],
    espImg: values["esp-img"],
  };
  const written = await writeDisk(settings, progressTeller("raw-disk", "copying"));
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  return { path, ...written, seconds };
}

runCommand(module, "raw-disk", diskCommand);
