import { execFileSync } from "node:child_process";
import * as fs from "node:fs";

/** What a stage could leave behind on this machine. */
export interface Leftovers {
  readonly mounts: readonly string[];
  readonly loopDevices: readonly string[];
  readonly processes: readonly string[];
}

/**
 * What there is now that has to do with a folder: mounts and loop devices of files below it, and
 * processes that name it.
 */
export function leftoversOf(folder: string): Leftovers {
  const mentioning = (lines: string): string[] =>
    lines.split("\n").filter((line) => line.includes(folder));
  return {
    mounts: mentioning(fs.readFileSync("/proc/self/mounts", "utf8")),
    loopDevices: mentioning(
      execFileSync("losetup", ["--list", "--noheadings", "--output", "NAME,BACK-FILE"], {
        encoding: "utf8",
      }),
    ),
    processes: mentioning(execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" })).filter(
      (line) => !/\b(ps -eo|mocha|node .*run\.mjs)\b/.test(line),
    ),
  };
}

export const nothingLeft: Leftovers = { mounts: [], loopDevices: [], processes: [] };
