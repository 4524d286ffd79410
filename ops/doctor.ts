// npm run doctor: says what is missing or misconfigured, all at once, each with its remedy.
//
//   ok       Node.js         20.20.2
//   note     shellcheck      not found; it checks the shell scripts (lint)
//                            -> npm run lint installs it, or: apt-get install shellcheck
//   MISSING  loop devices    losetup: cannot find an unused loop device: Permission denied
//                            -> load the kernel module (modprobe loop); ...
//
// Changes nothing; probes are undone at once. Exit status 1 if something must be mended.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { formatTable, summary, type Check } from "./doctor/check";
import { checkFreeSpace, checkKvm, checkLoopDevices, checkOverlay } from "./doctor/kernelChecks";
import { checkNode, checkPlugins, checkPulumi, checkTools } from "./doctor/toolChecks";
import { findOnPath, run } from "./setup/commands";
import { cacheFolder, privateFolder, projectRoot } from "./setup/folders";

/** Makes every check, in the order of the table. */
export async function examine(root = projectRoot()): Promise<Check[]> {
  const own = privateFolder(root);
  mkdirSync(own, { recursive: true });
  return [
    checkNode(),
    ...checkTools(),
    ...(await checkPulumi({ cache: join(cacheFolder(), "pulumi"), run, findOnPath })),
    ...checkPlugins(join(own, "pulumi-home")),
    await checkLoopDevices(own, run),
    await checkOverlay(own, run),
    checkFreeSpace(own),
    checkKvm(),
  ];
}

/** Prints the table and gives the exit status. */
export async function main(): Promise<number> {
  const checks = await examine();
  process.stdout.write(`${formatTable(checks)}\n\n${summary(checks)}\n`);
  return checks.some((check) => check.status === "problem") ? 1 : 0;
}

if (require.main === module) {
  void main().then((status) => (process.exitCode = status));
}
