import * as fs from "node:fs";
import * as os from "node:os";

import type { Plan } from "../../settings/plan";

/** What a machine has for boxes that are made on it at the same time. */
export interface Room {
  readonly processors: number;
  /** Memory that can be had, bytes. */
  readonly memoryBytes: number;
  /** Free space where the work folders are, bytes. */
  readonly freeBytes: number;
}

/** What one box takes. */
export interface BoxNeeds {
  /** Memory while its greediest stage runs, bytes. */
  readonly memoryBytes: number;
  /** Space of what stays until destroy, bytes. */
  readonly keptBytes: number;
  /** Space besides, while a stage runs, bytes. */
  readonly passingBytes: number;
}

/** How many boxes go at once, and what keeps it from being more. */
export interface AtOnce {
  readonly count: number;
  readonly limit: "boxes" | "processors" | "memory" | "free disk";
  /** True when not even all that stays of the boxes, one after the other, is sure to fit. */
  readonly tight: boolean;
}

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/**
 * As many boxes at once as processors, memory and free disk allow, one at least. Any of the boxes may be at work
 * at the same time, so that the greediest are counted.
 */
export function boxesAtOnce(room: Room, needs: readonly BoxNeeds[]): AtOnce {
  const greediest = (of: (need: BoxNeeds) => number): number[] =>
    needs.map(of).sort((a, b) => b - a);
  const kept = needs.reduce((sum, { keptBytes }) => sum + keptBytes, 0);
  const limits = [
    { limit: "boxes", count: needs.length },
    { limit: "processors", count: room.processors },
    {
      limit: "memory",
      count: fitting(
        room.memoryBytes,
        greediest((need) => need.memoryBytes),
      ),
    },
    {
      limit: "free disk",
      count: fitting(
        room.freeBytes - kept,
        greediest((need) => need.passingBytes),
      ),
    },
  ] as const;
  const least = limits.reduce((a, b) => (b.count < a.count ? b : a));
  return {
    count: Math.max(1, least.count),
    limit: least.limit,
    tight: limits[3].count === 0,
  };
}

/** How many of the sizes, the largest first, go into a whole. */
function fitting(whole: number, sizes: readonly number[]): number {
  let left = whole;
  const over = sizes.findIndex((size) => (left -= size) < 0);
  return over < 0 ? sizes.length : over;
}

/** Guests that a boot proof runs side by side, and what QEMU takes besides a guest's memory. */
const guests = 2;
const qemuBytes = 200 * MiB;
/** What compressing takes at most (docs/benchmarks.md, "largest process"). */
const compressingBytes = 700 * MiB;

/** What a plan's box takes; see docs/boxes.md for the figures. */
export function needsOf({ settings, source, architectures }: Plan): BoxNeeds {
  const { bootProof, hardware } = settings.box;
  const proving = bootProof ? guests * (hardware.memoryMiB * MiB + qemuBytes) : 0;
  // Of an image it is the content that counts: what of the file is no hole, twice where it is compressed.
  const content = source.type === "image" && "path" in source ? imageBytes(source) : GiB;
  return {
    memoryBytes: Math.max(proving, compressingBytes),
    keptBytes: architectures.length * 2 * content,
    passingBytes: content,
  };
}

function imageBytes({ path, format }: { path: string; format: string }): number {
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return GiB;
  return stat.blocks * 512 * (format === "raw" ? 1 : 2);
}

/** What this machine has, free space counted in a folder's file system. */
export function roomHere(folder: string): Room {
  const { bavail, bsize } = fs.statfsSync(folder);
  return {
    processors: os.availableParallelism(),
    memoryBytes: availableMemory(),
    freeBytes: bavail * bsize,
  };
}

/** Linux counts as available what caches hold (proc(5), /proc/meminfo). */
function availableMemory(): number {
  try {
    const found = /^MemAvailable: +(\d+) kB$/m.exec(fs.readFileSync("/proc/meminfo", "utf8"));
    return found ? Number(found[1]) * 1024 : os.freemem();
  } catch {
    return os.freemem();
  }
}
