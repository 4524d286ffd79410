import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { inNamespaces, ROOM_SCRIPT, type VirtualBox } from "../ops/setup/virtualBoxRoom";

/** Longest time for the export, in seconds. */
const LIMIT_SECONDS = 600;

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Writes a program that makes and exports the seed's machine with the real VBoxManage, in one session as on
 * a machine where VirtualBox is installed: its server starts once.
 *
 * @param work folder of the route, the only one that VirtualBox sees
 * @returns path of the program
 */
export function writeExportProgram(virtualBox: VirtualBox, routes: string, work: string): string {
  for (const name of ["home", "system"]) mkdirSync(join(work, name), { recursive: true });
  const script = join(work, "seed-export.sh");
  copyFileSync(join(routes, "seed-export.sh"), script);
  const command = inNamespaces(LIMIT_SECONDS, [
    ...["env", `ROOT=${virtualBox.root}`, `ROOM=${work}`, `NAME=bench-${process.pid}`],
    ...["sh", "-c", ROOM_SCRIPT, "sh"],
    ...[`WORK=${work}`, `VBOXMANAGE=${virtualBox.program}`, "sh", script],
  ]);
  const program = join(work, "export");
  writeFileSync(program, `#!/bin/sh\nexec ${command.map(quote).join(" ")}\n`, { mode: 0o755 });
  return program;
}
