// npm run doctor: says what is missing or misconfigured, all at once, each with its remedy.
//
//   ok       Node.js         20.20.2
//   note     shellcheck      not found; it checks the shell scripts (lint)
//                            -> npm run lint installs it, or: apt-get install shellcheck
//   MISSING  loop devices    losetup: cannot find an unused loop device: Permission denied
//                            -> load the kernel module (modprobe loop); ...
//
// With --stack NAME it looks at a stack instead: its settings, and what they point at on this machine, on the
// worker and in the AWS account.
//
// Changes nothing; probes are undone at once. Exit status 1 if something must be mended.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { formatTable, summary, type Check } from "./doctor/check";
import { checkFreeSpace, checkKvm, checkLoopDevices, checkOverlay } from "./doctor/kernelChecks";
import { checkStack } from "./doctor/stackChecks";
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

/** What a stack needs of this machine, and whether it could be brought up. */
export async function examineStack(stack: string, root = projectRoot()): Promise<Check[]> {
  return [
    checkNode(),
    ...(await checkPulumi({ cache: join(cacheFolder(), "pulumi"), run, findOnPath })),
    ...(await checkStack(root, stack)),
  ];
}

/** Prints the table and gives the exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const [flag, stack, ...more] = args;
  if (flag !== undefined && (flag !== "--stack" || !stack || more.length > 0)) {
    process.stderr.write(
      `doctor: ${args.join(" ")} is not understood; allowed: no argument, or --stack NAME\n`,
    );
    return 2;
  }
  const checks = await (stack === undefined ? examine() : examineStack(stack));
  const command = stack === undefined ? "npm run box" : `pulumi up --stack ${stack}`;
  process.stdout.write(`${formatTable(checks)}\n\n${summary(checks, command)}\n`);
  return checks.some((check) => check.status === "problem") ? 1 : 0;
}

if (require.main === module) {
  void main(process.argv.slice(2)).then((status) => (process.exitCode = status));
}
